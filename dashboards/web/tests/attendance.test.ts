import { describe, expect, it } from "vitest";

import { breakActs, inTurn, overrun, type Break } from "@/rooms/attendance/breaks";
import { counted, lasts, missingFirst, ofToday, type Finding, type Present } from "@/rooms/attendance/findings";
import { effectOf } from "@/rooms/attendance/without";
import { urgentOf } from "@/rooms/floor/urgent";

import { ago, AT } from "./samples";

const MINUTE = 60_000;
const MIDNIGHT = AT - 600 * MINUTE;

function pause(id: string, state: Break["state"], more: Partial<Break> = {}): Break {
  const never = { granted_at: null, taken_at: null, ended_at: null, until: null, extended_by: null };
  const plain = { id, agent: id, kind: "meal", state, asked_at: ago(MINUTE), limit_seconds: 2700, over: "" } as const;
  const undecided = { over_limit: false, extended_reason: "", decided_at: null, decided_by: null, decided_reason: "" };
  const place = { place: null, expected_at: null, lack: null };
  return { ...plain, ...never, ...undecided, ...place, ...more };
}

function finding(kind: Finding["kind"], more: Partial<Finding> = {}): Finding {
  const shift = { shift_from: ago(60 * MINUTE), shift_until: ago(-60 * MINUTE) };
  const plain = { id: kind, kind, agent: "1001", lines: ["orders"], until: null, minutes: 20, policy_version: "1" };
  return { ...plain, at: ago(20 * MINUTE), ...shift, ...more };
}

describe("breaks in turn", () => {
  it("who waits stands first, in turn; of those who are gone the next to be back", () => {
    const rows = [
      pause("1001", "taken", { until: ago(-9 * MINUTE) }),
      pause("1002", "taken", { until: ago(-4 * MINUTE) }),
      pause("1003", "waiting", { place: 2 }),
      pause("1004", "waiting", { place: 1 }),
      pause("1005", "granted"),
      pause("1006", "ended"),
    ];
    expect(inTurn(rows).map((row) => row.id)).toEqual(["1004", "1003", "1005", "1002", "1001"]);
  });

  it("offers what the service takes: the last of a line stays, and nobody decides on their own (D5)", () => {
    const lack = { line: "orders", left: 0, required: 1, last: true, skill: null, level: null };
    expect(breakActs(pause("1001", "waiting"), null)).toEqual(["grant", "refuse"]);
    expect(breakActs(pause("1001", "waiting", { lack: { ...lack, last: false } }), null)).toEqual(["grant", "refuse"]);
    expect(breakActs(pause("1001", "waiting", { lack }), null)).toEqual(["refuse"]);
    expect(breakActs(pause("1001", "granted"), null)).toEqual(["refuse"]);
    expect(breakActs(pause("1001", "taken"), null)).toEqual(["extend"]);
    for (const state of ["waiting", "granted", "taken", "ended"] as const) {
      expect(breakActs(pause("1001", state), "1001")).toEqual([]);
    }
  });

  it("counts beyond the limit from the limit on (D6)", () => {
    expect(overrun(pause("1001", "waiting"), AT)).toBeNull();
    expect(overrun(pause("1001", "taken", { until: ago(-MINUTE) }), AT)).toBeNull();
    expect(overrun(pause("1001", "taken", { until: ago(3 * MINUTE) }), AT)).toBe(3 * MINUTE);
  });
});

describe("attendance of today", () => {
  it("an absence lasts no longer than its shift, an overrun until the agent is back", () => {
    expect(lasts(finding("absent"), AT)).toBe(true);
    expect(lasts(finding("absent", { shift_until: ago(MINUTE) }), AT)).toBe(false);
    expect(lasts(finding("over_break", { shift_until: ago(MINUTE) }), AT)).toBe(true);
    expect(lasts(finding("late", { until: ago(MINUTE) }), AT)).toBe(false);
  });

  it("what lasts stands first, and of yesterday only that is shown", () => {
    const early = ago(700 * MINUTE);
    const rows = [
      finding("late", { id: "old", at: early, until: early }),
      finding("absent", { id: "night", at: early }),
      finding("late", { id: "came", until: ago(2 * MINUTE) }),
      finding("left_post", { id: "left" }),
    ];
    expect(ofToday(rows, MIDNIGHT, AT).map((row) => row.id)).toEqual(["left", "night", "came"]);
  });

  it("who is missing stands first, and who is on leave is not expected", () => {
    const row = (agent: string, there: boolean | null) => ({ agent, in_adherence: there }) as Present;
    const rows = [row("1001", null), row("1002", true), row("1003", false)];
    expect(missingFirst(rows).map((each) => each.agent)).toEqual(["1003", "1002", "1001"]);
    expect(counted(rows)).toEqual({ there: 1, expected: 2 });
  });

  it("the floor names absences that last and breaks of which leaders are notified (D3, D6)", () => {
    const rows = urgentOf({
      calls: [],
      agents: [],
      queues: [],
      duty: {},
      alarms: [],
      hands: [],
      linked: true,
      threshold: 15,
      now: AT,
      rings: () => ({ ring: 0, late: false }),
      breaks: [
        pause("1004", "taken", { until: ago(MINUTE), over: "agent" }),
        pause("1005", "taken", { until: ago(3 * MINUTE), over: "leaders" }),
      ],
      findings: [
        finding("late"),
        finding("left_post", { agent: "1002" }),
        finding("absent", { until: ago(MINUTE) }),
        finding("over_break"),
      ],
    });
    expect(rows.map((row) => [row.kind, row.agent])).toEqual([
      ["left_post", "1002"],
      ["late_shift", "1001"],
      ["over_break", "1005"],
    ]);
  });

  it("what a line loses without an agent: the level of the forecast, and the skills that run short", () => {
    const outcome = { agents: 2, waits: 0, abandons: 0, mean_wait_seconds: 5, occupancy: 0.5 };
    const skill = { level: 3, before: 1, left: 0 };
    const line = {
      ...{ line: "orders", required: 1, before: 2, left: 1, short: 0, calls: 12, handling_seconds: 180 },
      skills: [
        { ...skill, skill: "xiang-changsha", required: 1, short: 1 },
        { ...skill, skill: "en", required: 0, short: 0 },
      ],
      with_agent: { ...outcome, service_level: 0.914 },
      without_agent: { ...outcome, service_level: 0.776 },
    };
    const effect = effectOf(line);
    expect(effect.level).toEqual({ before: 91, after: 78 });
    expect(effect.short).toBe(true);
    expect(effect.skills.map((each) => each.skill)).toEqual(["xiang-changsha"]);
    expect(effectOf({ ...line, skills: [], with_agent: null, without_agent: null })).toMatchObject({
      level: null,
      short: false,
    });
  });
});
