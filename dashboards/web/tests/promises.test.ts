import { expect, it } from "vitest";

import { instantOf } from "@/rooms/desk/promises";

import { AT } from "./samples";

it("words become instants", () => {
  expect(instantOf("half_hour", AT, "")).toBe(new Date(AT + 1_800_000).toISOString());
  expect(instantOf("two_hours", AT, "")).toBe(new Date(AT + 7_200_000).toISOString());
  const morning = new Date(instantOf("tomorrow_morning", AT, "") ?? "");
  expect([morning.getHours(), morning.getMinutes()]).toEqual([9, 30]);
  expect(morning.getDate()).toBe(new Date(AT + 86_400_000).getDate());
});

it("tomorrow after the last day of a month is the first of the next", () => {
  const last = new Date(2026, 10, 30, 23, 50).getTime();
  expect(new Date(instantOf("tomorrow_afternoon", last, "") ?? "").getMonth()).toBe(11);
});

it("a moment of its own has to be given", () => {
  expect(instantOf("at", AT, "")).toBeNull();
  expect(instantOf("at", AT, "2026-12-01T10:00")).toBe(new Date("2026-12-01T10:00").toISOString());
});
