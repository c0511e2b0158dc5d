import { expect, it } from "vitest";

import { startOfClip } from "@/rooms/floor/clips";
import { curveOf, figuresOf, type Figures } from "@/rooms/floor/figures";
import { deskMark } from "@/rooms/floor/urgent";

import { ago, AT } from "./samples";

const period = {
  offered: 10,
  answered: 6,
  in_time: 4,
  abandoned: 2,
  service_level: 0.5,
  asa_seconds: 7.6,
  aht_seconds: 125,
};
const day: Figures = {
  as_of: ago(0),
  since: ago(3 * 3_600_000),
  line: null,
  threshold_seconds: 20,
  definition: "",
  today: period,
  week_ago: { ...period, service_level: null, abandoned: 1 },
  curve: [{ start: 4, offered: 10, answered: 6, abandoned: 2 }],
  week_ago_curve: [{ start: 40, offered: 3, answered: 3, abandoned: 0 }],
  waiting: 0,
  longest_since: null,
  agents: { available: 1, on_call: 2, wrap_up: 1 },
  occupancy: 0.75,
  live: true,
};
const queue = { code: "orders", waiting: 2, longest_since: ago(25_000), agents_free: 1, next: [] };

function valuesOf(more: Partial<Parameters<typeof figuresOf>[0]> = {}): Record<string, string> {
  const picture = { queues: [queue], day, lateToday: 3, lateNow: 0, now: AT, ...more };
  return Object.fromEntries(figuresOf(picture).map((each) => [each.id, each.value]));
}

it("shows this moment from the feed and the day from the records", () => {
  expect(valuesOf()).toEqual({
    waiting: "2",
    longest: "0:25",
    late: "3",
    level: "50%",
    answered: "6",
    abandoned: "2",
    asa: "0:08",
    aht: "2:05",
    occupancy: "75%",
  });
});

it("S1: the level stands with its definition, its threshold and the same weekday, where that had calls", () => {
  const level = figuresOf({ queues: [], day, lateToday: 0, lateNow: 0, now: AT }).find((each) => each.id === "level");
  expect(level?.notes).toEqual([["figure.level_how", { seconds: 20 }]]);
  expect(level?.tone).toBe("bad");
});

it("is a dash, never a wrong zero, before the records have answered, and for occupancy while the link is lost", () => {
  expect(Object.values(valuesOf({ day: undefined, lateToday: null, queues: [] })).slice(2)).toEqual(Array(7).fill("–"));
  expect(valuesOf({ day: { ...day, live: false } })["occupancy"]).toBe("–");
});

it("a wait turns with the threshold of the service level", () => {
  const tone = (wait: number) =>
    figuresOf({
      queues: [{ ...queue, longest_since: ago(wait) }],
      day,
      lateToday: 0,
      lateNow: 0,
      now: AT,
    })[0]?.tone;
  expect([tone(19_000), tone(20_000), tone(80_000)]).toEqual(["", "warn", "bad"]);
});

it("draws today up to now and the whole day of a week ago", () => {
  const curve = curveOf(day, "answered");
  expect(curve.today).toEqual([0, 0, 0, 0, 6, 0, 0]);
  expect(curve.before).toHaveLength(48);
  expect(curve.before[40]).toBe(3);
});

it.each([
  ["ready", "available", null],
  ["none", "available", null],
  ["silent", "available", "cannot_ring"],
  ["gone", "on_call", "page_gone"],
  ["gone", "signed_out", null],
])("a page that is %s at a desk in the state %s is marked %s", (page, state, mark) => {
  expect(deskMark({ page, state })).toBe(mark);
});

it("a flag is heard from five seconds before it, within the recording that is nearest", () => {
  const [early, late] = [ago(300_000), ago(100_000)];
  const recordings = [
    { id: "a", began_at: early, seconds: 60, state: "kept" as const },
    { id: "b", began_at: late, seconds: 80, state: "kept" as const },
    { id: "c", began_at: late, seconds: 80, state: "erased" as const },
  ];
  expect(startOfClip(recordings, ago(60_000))).toEqual({ recording: "b", second: 35 });
  expect(startOfClip(recordings, ago(110_000))).toEqual({ recording: "b", second: 0 });
  expect(startOfClip(recordings, ago(20_000))).toEqual({ recording: "b", second: 70 });
  expect(startOfClip(recordings.slice(2), ago(60_000))).toBeNull();
});
