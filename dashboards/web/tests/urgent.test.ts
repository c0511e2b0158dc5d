import { describe, expect, it } from "vitest";

import type { Agent, Call, Queue } from "@/live/messages";
import { ringsOf } from "@/live/rings";
import type { Hand } from "@/live/team";
import { urgentOf } from "@/rooms/floor/urgent";
import { sameNumber } from "@/rooms/floor/useGivenUp";

import { ago, AT, call, offer } from "./samples";

function agent(number: string, more: Partial<Agent> = {}): Agent {
  const plain = {
    number,
    name: "",
    phone: number,
    state: "available",
    reason: "",
    since: ago(1000),
    call: null,
    reachable: true,
  };
  return { ...plain, ...more } as Agent;
}

function rowsOf(calls: Call[], agents: Agent[] = [], queues: Queue[] = [], linked = true, hands: Hand[] = []) {
  const duty = { orders: agents.map((each) => each.number) };
  const rings = (each: Call) => ringsOf(each.offers[0] ?? offer("x"), AT);
  return urgentOf({
    calls,
    agents,
    queues,
    duty,
    alarms: [],
    breaks: [],
    findings: [],
    hands,
    linked,
    threshold: 15,
    now: AT,
    rings,
  });
}

describe("needs you now", () => {
  it("puts a phone that rings too long before everything about desks", () => {
    const late = call("a", { offers: [offer("1001", { ringing_at: ago(12_000) })] });
    const waits = call("b", { queued_at: ago(61_000) });
    const away = agent("1002", { reachable: false });
    const kinds = rowsOf([waits, late], [away]).map((row) => row.kind);
    expect(kinds).toEqual(["late", "long_wait", "unreachable"]);
  });

  it("puts a raised hand behind a late ring and before those who wait", () => {
    const late = call("a", { offers: [offer("1001", { ringing_at: ago(12_000) })] });
    const waits = call("b", { queued_at: ago(61_000) });
    const hand = { id: "h", agent: "1003", text: "退款", raised_at: ago(4000), state: "raised" } as Hand;
    const rows = rowsOf([waits, late], [], [], true, [hand]);
    expect(rows.map((row) => row.kind)).toEqual(["late", "hand", "long_wait"]);
    expect(rows[1]).toMatchObject({ agent: "1003", text: "退款" });
  });

  it("believes no ring while the link to the PBX is lost", () => {
    const late = call("a", { offers: [offer("1001", { ringing_at: ago(12_000) })] });
    expect(rowsOf([late], [], [], false).map((row) => row.kind)).not.toContain("late");
  });

  it("a short wait, a talk and a ring within the limit are nothing", () => {
    const calls = [
      call("a", { queued_at: ago(10_000) }),
      call("b", { answered_at: ago(500_000), queued_at: ago(900_000) }),
      call("c", { offers: [offer("1001", { ringing_at: ago(3000) })] }),
    ];
    expect(rowsOf(calls)).toEqual([]);
  });

  it("a queue is uncovered when callers wait and no agent is free", () => {
    const queue = { code: "orders", waiting: 2, longest_since: ago(5000), agents_free: 0, next: [] };
    expect(rowsOf([], [], [queue])).toMatchObject([{ kind: "uncovered", queue: "orders" }]);
    expect(rowsOf([], [], [{ ...queue, agents_free: 1 }])).toEqual([]);
  });

  it("names people on duty only: paused after missed rings, forgotten wrap-up", () => {
    const missed = agent("1001", { state: "paused", reason: "missed" });
    const stuck = agent("1002", { state: "wrap_up", since: ago(181_000) });
    expect(rowsOf([], [missed, stuck]).map((row) => row.kind)).toEqual(["missed", "stuck"]);
    const off = urgentOf({
      calls: [],
      agents: [missed],
      queues: [],
      duty: {},
      alarms: [],
      breaks: [],
      findings: [],
      hands: [],
      linked: true,
      threshold: 15,
      now: AT,
      rings: () => ({ ring: 0, late: false }),
    });
    expect(off).toEqual([]);
  });
});

it.each([
  ["013900000001", "+8613900000001", true],
  ["13900000001", "13900000001", true],
  ["1001", "21001", false],
  ["", "", false],
])("%s and %s are the same number: %s", (a, b, same) => {
  expect(sameNumber(a, b)).toBe(same);
});
