import { describe, expect, it } from "vitest";

import { mineOf, withdrawnOf } from "@/rooms/desk/mine";

import { ago, AT, call, offer } from "./samples";

describe("the calls of one agent", () => {
  it("a ring during a call does not replace it", () => {
    const talked = call("a", {
      agent: "1001",
      answered_at: ago(9000),
      offers: [offer("1001", { outcome: "answered" })],
    });
    const rings = call("b", { offers: [offer("1001")] });
    const mine = mineOf([rings, talked], "1001");
    expect(mine.talking?.id).toBe("a");
    expect(mine.ringing?.call.id).toBe("b");
  });

  it("are over for the agent who has passed the call on, although it still names them", () => {
    const passed = call("a", { agent: "1001", answered_at: ago(9000) });
    const next = call("b", { agent: "1001", answered_at: ago(1000) });
    expect(mineOf([passed], "1001", { state: "available", call: null }).talking).toBeNull();
    expect(mineOf([next, passed], "1001", { state: "on_call", call: null }).talking?.id).toBe("b");
    expect(mineOf([next, passed], "1001", { state: "on_call", call: "a" }).talking?.id).toBe("a");
  });

  it("include the one that the agent places, before the customer answers", () => {
    const placed = call("a", { agent: null, answered_at: null, direction: "outbound" });
    expect(mineOf([placed], "1001", { state: "on_call", call: "a" }).talking?.id).toBe("a");
    expect(mineOf([placed], "1001", { state: "available", call: null }).talking).toBeNull();
  });

  it("include the caller who hears music while the page comes back, and no other agent's", () => {
    const waits = call("a", { agent: "1001", answered_at: ago(9000), kept_since: ago(1000) });
    expect(mineOf([waits], "1001", { state: "wrap_up", call: null }).talking?.id).toBe("a");
    expect(mineOf([waits], "1002", { state: "available", call: null }).talking).toBeNull();
  });

  it("are not those of a colleague, and no one's without a number", () => {
    const rings = call("b", { offers: [offer("1002")] });
    expect(mineOf([rings], "1001")).toEqual({ talking: null, ringing: null });
    expect(mineOf([rings], null)).toEqual({ talking: null, ringing: null });
  });
});

describe("a ring that goes away", () => {
  it.each([
    ["caller_left", { outcome: "caller_left", ended_at: ago(0) }],
    ["declined", { outcome: "declined", ended_at: ago(0) }],
    ["no_answer", { outcome: "no_answer", ended_at: ago(0) }],
  ] as const)("says why: %s", (why, end) => {
    expect(withdrawnOf(call("c", { offers: [offer("1001", end)] }), "1001", AT)?.why).toBe(why);
  });

  it("names the colleague who has answered", () => {
    const answered = call("c", {
      agent: "1003",
      answered_at: ago(0),
      offers: [offer("1001", { ended_at: ago(0) }), offer("1003", { outcome: "answered" })],
    });
    expect(withdrawnOf(answered, "1001", AT)).toMatchObject({ why: "answered_elsewhere", by: "1003" });
  });

  it("has not gone while it rings, and not when I have answered", () => {
    expect(withdrawnOf(call("c", { offers: [offer("1001")] }), "1001", AT)).toBeNull();
    const mine = offer("1001", { outcome: "answered", ended_at: ago(0) });
    expect(withdrawnOf(call("c", { agent: "1001", offers: [mine] }), "1001", AT)).toBeNull();
  });

  it("rings again when the call comes back to me", () => {
    const offers = [offer("1001", { outcome: "no_answer", ended_at: ago(9000) }), offer("1001")];
    expect(withdrawnOf(call("c", { offers }), "1001", AT)).toBeNull();
  });
});
