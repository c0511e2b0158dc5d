import { describe, expect, it } from "vitest";

import type { Agent } from "@/live/messages";
import { boundLines, mineOf, withdrawnOf } from "@/rooms/desk/mine";

import { ago, AT, call, offer } from "./samples";

/** What the service reports of the agent's phone: calls as `a talking`. */
function phone(...calls: string[]): Pick<Agent, "calls"> {
  return {
    calls: calls.map((each) => {
      const [id = "", state = ""] = each.split(" ");
      return { call: id, state };
    }),
  };
}

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
    expect(mineOf([passed], "1001", phone()).talking).toBeNull();
    expect(mineOf([next, passed], "1001", phone("b talking")).talking?.id).toBe("b");
    expect(mineOf([next, passed], "1001", phone("b talking")).held).toBeNull();
  });

  it("are the agent's to whom a colleague has passed the call on, although it names the colleague", () => {
    const passed = call("a", { agent: "1001", answered_at: ago(9000) });
    expect(mineOf([passed], "1002", phone("a talking")).talking?.id).toBe("a");
  });

  it("include a ring that no queue has offered: a colleague's, or a caller who comes back", () => {
    const inside = call("a", { direction: "internal", agent: "1002" });
    expect(mineOf([inside], "1001", phone("a ringing")).ringing).toEqual({ call: inside, offer: null });
    const back = call("b", { agent: "1001", answered_at: ago(9000) });
    expect(mineOf([back], "1001", phone("b ringing"))).toMatchObject({ talking: null, ringing: { call: { id: "b" } } });
  });

  it("are not those that a supervisor listens to, but the one that they have taken over", () => {
    const listened = call("a", { agent: "1001", answered_at: ago(9000) });
    expect(mineOf([listened], "1009", phone("a supervising")).talking).toBeNull();
    expect(mineOf([{ ...listened, agent: "1009" }], "1009", phone("a supervising")).talking?.id).toBe("a");
  });

  it("are two, of which the one that is not on hold is spoken on", () => {
    const first = call("a", { agent: "1001", answered_at: ago(9000), held_since: ago(3000) });
    const second = call("b", { agent: "1001", answered_at: ago(2000), held_since: null });
    const both = phone("a talking", "b talking");
    expect(mineOf([first, second], "1001", both)).toMatchObject({ talking: { id: "b" }, held: { id: "a" } });
    const swapped = [
      { ...first, held_since: null },
      { ...second, held_since: ago(0) },
    ];
    expect(mineOf(swapped, "1001", both)).toMatchObject({ talking: { id: "a" }, held: { id: "b" } });
    const waiting = swapped.map((each) => ({ ...each, held_since: ago(0) }));
    expect(mineOf(waiting, "1001", both)).toMatchObject({ talking: { id: "b" }, held: { id: "a" } });
  });

  it("include the one that the agent places, before the customer answers", () => {
    const placed = call("a", { agent: null, answered_at: null, direction: "outbound" });
    expect(mineOf([placed], "1001", phone("a talking")).talking?.id).toBe("a");
    expect(mineOf([placed], "1001", phone()).talking).toBeNull();
  });

  it("include the caller who hears music while the page comes back, and no other agent's", () => {
    const waits = call("a", { agent: "1001", answered_at: ago(9000), kept_since: ago(1000) });
    expect(mineOf([waits], "1001", phone()).talking?.id).toBe("a");
    expect(mineOf([waits], "1002", phone()).talking).toBeNull();
  });

  it("are not those of a colleague, and no one's without a number", () => {
    const rings = call("b", { offers: [offer("1002")] });
    expect(mineOf([rings], "1001")).toEqual({ talking: null, held: null, ringing: null });
    expect(mineOf([rings], null)).toEqual({ talking: null, held: null, ringing: null });
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

describe("the lines of the phone", () => {
  it("belong to the calls in the order in which they come, and to none that is over", () => {
    const first = boundLines(new Map(), ["a"], ["1"]);
    expect([...first]).toEqual([["a", "1"]]);
    expect([...boundLines(first, ["a"], ["1", "2"])]).toEqual([["a", "1"]]);
    const both = boundLines(first, ["b", "a"], ["1", "2"]);
    expect([...both]).toEqual([
      ["a", "1"],
      ["b", "2"],
    ]);
    expect([...boundLines(both, ["b"], ["2"])]).toEqual([["b", "2"]]);
  });
});
