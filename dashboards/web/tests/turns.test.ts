import { describe, expect, it } from "vitest";

import type { Queue } from "@/live/messages";
import { figuresOf, type Figures } from "@/rooms/floor/figures";
import { inTurn, isSettled, type Pending } from "@/rooms/floor/turns";
import { newerOf, thresholdsOf } from "@/rooms/floor/useToday";

import { ago, AT, call, offer } from "./samples";

const queue = (code: string, ...next: string[]): Queue => ({
  code,
  waiting: next.length,
  longest_since: null,
  agents_free: 0,
  next,
});
const rows = ["a", "b", "x", "c"].map((id) => ({ call: { id, queue: id === "x" ? "orders" : "sales" } }));
const pending = (act: Pending["act"], more: Partial<Pending> = {}): Pending => ({
  call: "b",
  act,
  target: "",
  raised: false,
  line: "orders",
  queue: "orders",
  at: AT,
  ...more,
});
const ids = (list: typeof rows): string => list.map((row) => row.call.id).join("");

describe("the turn of waiting callers", () => {
  it("is that of the queue, among its own callers", () => {
    expect(ids(inTurn(rows, [queue("sales", "c", "a", "b"), queue("orders", "x")]))).toBe("caxb");
  });

  it("changes at once where a supervisor lets a caller go ahead", () => {
    const all = [queue("sales", "a", "b", "c")];
    expect(ids(inTurn(rows, all, [pending("priority", { raised: true })]))).toBe("baxc");
    expect(ids(inTurn(rows, all))).toBe("abxc");
  });
});

describe("what was asked for stays until the live picture shows it", () => {
  const waits = call("b");
  it.each([
    ["moved", pending("move"), call("b", { queue: "sales" }), true],
    ["not moved yet", pending("move"), waits, false],
    ["answered meanwhile", pending("move"), call("b", { answered_at: ago(0) }), true],
    ["given and rung", pending("give", { target: "1003" }), call("b", { offers: [offer("1003")] }), true],
    [
      "rung before",
      pending("give", { target: "1003" }),
      call("b", { offers: [offer("1003", { offered_at: ago(60_000) })] }),
      false,
    ],
    ["another one rings", pending("give", { target: "1003" }), call("b", { offers: [offer("1001")] }), false],
    ["not first yet", pending("priority", { raised: true }), waits, false],
    ["gone", pending("give"), undefined, true],
  ])("%s", (_, each, now, settled) => {
    expect(isSettled(each, now, [queue("orders", "a", "b")], AT)).toBe(settled);
  });

  it("first in the queue", () => {
    expect(isSettled(pending("priority", { raised: true }), waits, [queue("orders", "b", "a")], AT)).toBe(true);
  });

  it("is given up after half a minute", () => {
    expect(isSettled(pending("move"), waits, [], AT + 31_000)).toBe(true);
  });
});

describe("the figures of the feed", () => {
  it("replace those that were read before, never newer ones", () => {
    const [old, fresh] = [{ as_of: ago(5000) }, { as_of: ago(0) }] as Figures[];
    expect(newerOf(old, fresh)).toBe(fresh);
    expect(newerOf(fresh, old)).toBe(fresh);
    expect(newerOf(undefined, old)).toBe(old);
  });

  it("are coloured by the centre's own limits, and by none that is null", () => {
    const none = {
      line: "",
      answer_within_seconds: null,
      level_warn: null,
      level_bad: null,
      waiting_warn: 2,
      waiting_bad: 3,
      wait_warn_seconds: null,
      wait_bad_seconds: null,
      abandoned_warn: null,
      abandoned_bad: null,
    };
    const limits = thresholdsOf([none, { ...none, line: "sales", waiting_bad: 9 }], "orders");
    const queues = [{ ...queue("orders"), waiting: 3, longest_since: ago(900_000) }];
    const figures = figuresOf({ queues, day: undefined, lateToday: null, lateNow: 0, now: AT, limits });
    expect(figures.map((each) => [each.id, each.tone]).slice(0, 2)).toEqual([
      ["waiting", "bad"],
      ["longest", ""],
    ]);
  });
});
