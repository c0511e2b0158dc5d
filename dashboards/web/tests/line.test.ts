import { expect, it } from "vitest";

import { dayOf, placeOf, spansOf } from "@/rooms/agent/line";
import { soundOf } from "@/rooms/agent/sound";

import { ago, AT } from "./samples";

const span = (state: "signed_out" | "unknown" | "available" | "on_call" | "paused", since: string, until: string) => ({
  state,
  since,
  until,
  reason: "",
  by: "",
  call: null,
  outcome: "",
});

it("an agent's day begins with the first thing done, has its pauses, and what lasts runs up to now", () => {
  const spans = [
    span("unknown", ago(400_000), ago(300_000)),
    span("signed_out", ago(300_000), ago(200_000)),
    span("available", ago(200_000), ago(100_000)),
    span("paused", ago(100_000), ago(50_000)),
    span("signed_out", ago(50_000), ago(40_000)),
    span("on_call", ago(40_000), ago(1000)),
  ];
  expect(spansOf({ spans, until: ago(1000) }, AT)).toEqual([
    { state: "available", from: AT - 200_000, until: AT - 100_000 },
    { state: "paused", from: AT - 100_000, until: AT - 50_000 },
    { state: "signed_out", from: AT - 50_000, until: AT - 40_000 },
    { state: "on_call", from: AT - 40_000, until: AT },
  ]);
  expect(spansOf({ spans: spans.slice(0, 2), until: ago(200_000) }, AT)).toEqual([]);
  expect(spansOf(undefined, AT)).toEqual([]);
});

it("the centre's day is that of its midnight, in every browser", () => {
  expect(dayOf("2026-11-26T16:00:00Z")).toBe("2026-11-27");
  expect(dayOf("2026-11-27T05:00:00Z")).toBe("2026-11-27");
});

it("how a call sounded is said by its worst part, with the cause; nothing measured is nothing said", () => {
  const part = (mos: number | null, cause: "good" | "weak_network" | "" = "good") => ({ mos, cause });
  expect(soundOf([part(4.3)])).toEqual({ tone: "good", texts: ["sound.good"] });
  expect(soundOf([part(4.3), part(2.5, "weak_network")])).toEqual({
    tone: "bad",
    texts: ["sound.bad", "sound.weak_network"],
  });
  expect(soundOf([part(3.5)])?.tone).toBe("warn");
  expect(soundOf([part(null, "weak_network")])).toEqual({ tone: "warn", texts: ["sound.weak_network"] });
  expect(soundOf([part(null)])).toBeNull();
  expect(soundOf([])).toBeNull();
});

it("a stretch from before the line begins with it, and the shortest is still seen", () => {
  const whole = [0, 1000] as const;
  expect(placeOf({ state: "", from: -500, until: 250 }, ...whole)).toEqual({ left: "0.00%", width: "25.00%" });
  expect(placeOf({ state: "", from: 500, until: 500 }, ...whole)).toEqual({ left: "50.00%", width: "0.25%" });
});
