import { readFileSync } from "node:fs";
import { beforeAll, expect, it, vi } from "vitest";

import { setLanguage, useTexts } from "@/texts";
import { dayAndClock, span, stretch } from "@/texts/times";

const read = (language: string): Record<string, string> =>
  JSON.parse(readFileSync(`public/texts/${language}.json`, "utf8")) as Record<string, string>;

beforeAll(() => {
  vi.stubGlobal("fetch", (address: string) => {
    const language = /texts\/(.+)\.json/.exec(address)?.[1] ?? "";
    const own = language === "en" ? { "nav.desk": "My table" } : {};
    return Promise.resolve(new Response(JSON.stringify({ ...read(language), ...own })));
  });
});

it("changes the language without a reload and fills places in", async () => {
  const { t } = useTexts();
  await setLanguage("zh-CN");
  expect(t("ring.label", { ring: 2 })).toBe("第 2 声");
  await setLanguage("en");
  expect(t("ring.label", { ring: 2 })).toBe("Ring 2");
  expect(document.documentElement.lang).toBe("en");
});

it("shows the centre's own words where the service adds them", async () => {
  await setLanguage("en");
  expect(useTexts().t("nav.desk")).toBe("My table");
});

it("a code from outside falls back where no text has it", async () => {
  await setLanguage("en");
  expect(useTexts().known("reason.meal", "reason.other")).toBe("Meal");
  expect(useTexts().known("reason.<b>", "reason.other")).toBe("Other");
});

it("every text renders in both languages: the formatter gives no mark in it another meaning", async () => {
  for (const language of ["zh-CN", "en"] as const) {
    await setLanguage(language);
    for (const [key, text] of Object.entries(read(language))) {
      const plain = text.replace(/\{(\w+)\}/g, "7");
      const places = Object.fromEntries([...text.matchAll(/\{(\w+)\}/g)].map((each) => [each[1], "7"]));
      if (key !== "nav.desk") expect(useTexts().known(key, "app.name", places), key).toBe(plain);
    }
  }
});

it.each([
  [0, "0:00"],
  [61_000, "1:01"],
  [3_723_000, "1:02:03"],
  [-5, "0:00"],
])("%i ms read as %s", (milliseconds, text) => {
  expect(stretch(milliseconds)).toBe(text);
});

it("names the day of the end only where it is another one", () => {
  const at = (day: number, hour: number): string => new Date(2026, 11, day, hour).toISOString();
  expect(span(at(2, 12), at(2, 20))).toBe(`${dayAndClock(at(2, 12))}–20:00`);
  expect(span(at(2, 22), at(3, 6))).toBe(`${dayAndClock(at(2, 22))} – ${dayAndClock(at(3, 6))}`);
});
