import { describe, expect, it } from "vitest";

import { cadenceOf, openOffer, ringsOf } from "@/live/rings";

import { ago, AT, call, offer } from "./samples";

describe("the ring counter (R1)", () => {
  it.each([
    [0, 1, false],
    [4999, 1, false],
    [5000, 2, false],
    [10_000, 3, false],
    [10_999, 3, false],
    [11_000, 3, true],
    [15_000, 4, true],
  ])("after %i ms shows ring %i, late: %s", (rung, ring, late) => {
    expect(ringsOf(offer("1001", { ringing_at: ago(rung) }), AT)).toEqual({ ring, late });
  });

  it("counts with the cadence and the limit of the line and queue", () => {
    const rung = offer("1001", { ringing_at: ago(4000) });
    expect(ringsOf(rung, AT, cadenceOf("jp"), 2)).toEqual({ ring: 2, late: true });
  });

  it("believes the service when it calls a ring late or has heard more rings", () => {
    const rung = offer("1001", { ringing_at: ago(0), late: true, rings: 4 });
    expect(ringsOf(rung, AT)).toEqual({ ring: 4, late: true });
  });

  it("has no ring while the phone is being reached", () => {
    expect(ringsOf(offer("1001", { ringing_at: null }), AT)).toEqual({ ring: 0, late: false });
  });

  it("takes a country that it does not know for China", () => {
    expect(cadenceOf("xx")).toEqual(cadenceOf("cn"));
  });
});

it("an offer is open until it has ended or has an outcome", () => {
  const offers = [offer("1001", { outcome: "declined" }), offer("1002", { ended_at: ago(0) }), offer("1003")];
  expect(openOffer(call("c", { offers }))?.agent).toBe("1003");
  expect(openOffer(call("c", { offers }), "1001")).toBeUndefined();
});
