import { expect, it } from "vitest";

import { rings, type Standing } from "@/phone/standing";

it("a desk phone rings without the sound of the page", () => {
  expect(rings("no_phone", false)).toBe(true);
  expect(rings("no_phone", true)).toBe(true);
});

it("the phone in the page rings where it is reachable and sound is allowed", () => {
  expect(rings("ready", true)).toBe(true);
  expect(rings("ready", false)).toBe(false);
  const others: Standing[] = ["off", "insecure", "old_browser", "elsewhere", "connecting", "failed"];
  for (const standing of others) expect(rings(standing, true)).toBe(false);
});
