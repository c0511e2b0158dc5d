import { expect, it } from "vitest";

import { shortagesOf, stepPath, topOf, type Step } from "@/rooms/attendance/coverage";

function step(minute: number, required: number, expected: number, available: number | null): Step {
  const at = new Date(Date.UTC(2026, 10, 28, 8, minute)).toISOString();
  return { at, required, planned: expected, expected, present: available, available, skills: [] };
}
const DAY = [step(0, 2, 2, 2), step(15, 2, 2, 1), step(30, 3, 2, 0), step(45, 2, 2, null), step(60, 4, 3, null)];

it("D2: a line is short by who was there, and by the roster for what is to come", () => {
  const [passed, comes, ...others] = shortagesOf(DAY);
  expect([passed?.from, passed?.to, passed?.short]).toEqual([DAY[1]?.at, DAY[3]?.at, 3]);
  expect([comes?.from, comes?.short]).toEqual([DAY[4]?.at, 1]);
  expect(others).toEqual([]);
  expect(shortagesOf([])).toEqual([]);
});

it("the line of those at the desk ends where nothing is known any more", () => {
  expect(topOf(DAY)).toBe(4);
  expect(stepPath(DAY, "available", 50, 40)).toBe("M0.0 20.0L10.0 20.0L10.0 30.0L20.0 30.0L20.0 40.0L30.0 40.0");
  expect(stepPath(DAY, "required", 50, 40)).toContain("L40.0 0.0L50.0 0.0");
  expect(stepPath([], "required", 50, 40)).toBe("");
});
