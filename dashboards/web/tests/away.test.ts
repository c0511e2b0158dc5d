import { createPinia, setActivePinia } from "pinia";
import { effectScope, nextTick, type EffectScope } from "vue";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { now } from "@/live/clock";
import { useFloor } from "@/live/floor";
import { useSession, type Person } from "@/session/store";
import { useAway } from "@/shell/away";

const asked: URL[] = [];
const answers: Record<string, unknown> = {
  "/api/v1/calls": {
    items: ["answered", "abandoned", null, "answered"].map((outcome, index) => ({
      outcome,
      direction: index === 3 ? "outbound" : "inbound",
    })),
  },
  "/api/v1/flags": { items: [{}] },
  "/api/v1/offers": { items: [{ outcome: "no_answer" }, { outcome: "answered" }, { outcome: null }] },
  "/api/v1/me/todo": { announcements: { count: 2, items: [], more: false } },
};
let scope: EffectScope;

beforeEach(() => {
  asked.length = 0;
  scope = effectScope();
  setActivePinia(createPinia());
  vi.stubGlobal("fetch", (request: Request) => {
    const url = new URL(request.url);
    asked.push(url);
    return Promise.resolve(Response.json(answers[url.pathname]));
  });
});
afterEach(() => {
  scope.stop();
});

async function gapOf(milliseconds: number, person: Partial<Person>) {
  useSession().person = { roles: [], agent: null, ...person } as unknown as Person;
  const floor = useFloor();
  floor.ready = true;
  const { away } = scope.run(() => useAway()) as ReturnType<typeof useAway>;
  floor.lost = now() - milliseconds;
  await nextTick();
  floor.lost = null;
  await vi.waitFor(() => {
    expect(away.value !== null || milliseconds < 20_000).toBe(true);
  });
  return away.value;
}

it("a supervisor reads what the records have of the gap", async () => {
  const away = await gapOf(60_000, { roles: ["supervisor"] });
  expect(away?.lines).toEqual([
    { text: "away.calls", places: { count: 3, given: 1 } },
    { text: "away.flags", places: { count: 1 } },
  ]);
  expect(asked[0]?.searchParams.get("since")).toBe(new Date(away?.since ?? 0).toISOString());
});

it("an agent reads which rings were missed and what is unread", async () => {
  const away = await gapOf(60_000, { roles: ["agent"], agent: "1001" });
  expect(away?.lines).toEqual([
    { text: "away.offers", places: { count: 3, missed: 1 } },
    { text: "away.unread", places: { count: 2 } },
  ]);
});

it("a short gap is not worth a word", async () => {
  expect(await gapOf(5000, { roles: ["supervisor"] })).toBeNull();
  expect(asked).toEqual([]);
});
