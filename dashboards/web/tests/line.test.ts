import { expect, it } from "vitest";

import { placeOf, spansOf } from "@/rooms/agent/line";

import { ago, AT } from "./samples";

it("an agent's day is a line of rings and conversations; what lasts runs up to now", () => {
  const calls = [
    { answered_at: ago(50_000), ended_at: null },
    { answered_at: ago(200_000), ended_at: ago(100_000) },
    { answered_at: null, ended_at: ago(1000) },
  ];
  const offers = [{ ringing_at: null, offered_at: ago(210_000), ended_at: ago(200_000) }];
  expect(spansOf(calls, offers, AT)).toEqual([
    { state: "ringing", from: AT - 210_000, until: AT - 200_000 },
    { state: "on_call", from: AT - 200_000, until: AT - 100_000 },
    { state: "on_call", from: AT - 50_000, until: AT },
  ]);
});

it("a stretch from before the line begins with it, and the shortest is still seen", () => {
  const whole = [0, 1000] as const;
  expect(placeOf({ state: "", from: -500, until: 250 }, ...whole)).toEqual({ left: "0.00%", width: "25.00%" });
  expect(placeOf({ state: "", from: 500, until: 500 }, ...whole)).toEqual({ left: "50.00%", width: "0.25%" });
});
