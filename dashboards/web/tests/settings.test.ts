import { createPinia, setActivePinia } from "pinia";
import { beforeEach, expect, it, vi } from "vitest";

import { chordOf } from "@/keys/hotkeys";
import { useSession, type Person } from "@/session/store";
import { useSettings } from "@/session/settings";

const KEY = { text: "keys.help", code: "Shift+Slash" } as const;
let stored: Record<string, unknown>;
let version = 1;
const puts: unknown[] = [];

beforeEach(() => {
  setActivePinia(createPinia());
  useSession().person = { roles: ["agent"], agent: "1001" } as unknown as Person;
  stored = { keys: {}, text_scale: 100, theme: "system", language: null, favourites: ["1002"] };
  puts.length = 0;
  vi.stubGlobal("fetch", async (request: Request) => {
    const etag = { ETag: `"${String(version)}"` };
    if (request.method === "PUT") {
      if (request.headers.get("If-Match") !== `"${String(version)}"`) {
        return Response.json({ code: "changed" }, { status: 412 });
      }
      stored = (await request.json()) as Record<string, unknown>;
      puts.push(stored);
      version += 1;
      etag.ETag = `"${String(version)}"`;
    }
    return Response.json(stored, { headers: etag });
  });
});

it("a changed key works at once and is kept with what else is kept", async () => {
  const settings = useSettings();
  await settings.load();
  await settings.change({ keys: { "keys.help": "F9" } });
  expect(chordOf(KEY)).toBe("F9");
  expect(puts).toMatchObject([{ keys: { "keys.help": "F9" }, favourites: ["1002"] }]);
});

it("what another window changed meanwhile stays, and two changes at once are both kept", async () => {
  const settings = useSettings();
  await settings.load();
  stored = { ...stored, favourites: ["1003"] };
  version += 1;
  await Promise.all([settings.change({ text_scale: 130 }), settings.change({ theme: "dark" })]);
  expect(stored).toMatchObject({ favourites: ["1003"], text_scale: 130, theme: "dark" });
  expect(document.documentElement.style.fontSize).toBe("19.5px");
});
