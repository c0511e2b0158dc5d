import { expect, it } from "vitest";

import { actsOf, inOrder, type Request } from "@/rooms/roster/requests";
import { hoursToTake } from "@/rooms/roster/standins";
import { byAgent, midnightsOf, type Shift } from "@/rooms/roster/week";

const WEDNESDAY = new Date(2026, 10, 25, 15, 30).getTime();

function shift(id: number, agent: string, day: number, hour: number): Shift {
  const begins = new Date(2026, 10, day, hour);
  const ends = new Date(2026, 10, day, hour + 8);
  const times = { starts_at: begins.toISOString(), ends_at: ends.toISOString() };
  return { id, agent, line: "orders", overtime: false, ...times };
}

it("a week begins on Monday and has seven days", () => {
  const week = midnightsOf(WEDNESDAY, 0);
  expect(week.map((day) => day.getDate())).toEqual([23, 24, 25, 26, 27, 28, 29, 30]);
  expect(midnightsOf(new Date(2026, 10, 29, 23).getTime(), 0)[0]).toEqual(week[0]);
  expect(midnightsOf(WEDNESDAY, 1)[0]).toEqual(week[7]);
  expect(week.every((day) => day.getHours() === 0)).toBe(true);
});

it("a shift stands on the day on which it begins, one from before the week on the first", () => {
  const shifts = [shift(1, "1002", 25, 22), shift(2, "1001", 22, 23), shift(3, "1001", 29, 8), shift(4, "1001", 30, 8)];
  const rows = byAgent(shifts, midnightsOf(WEDNESDAY, 0));
  expect([...rows.keys()]).toEqual(["1001", "1002"]);
  expect(rows.get("1001")?.map((cell) => cell.map((each) => each.id))).toEqual([[2], [], [], [], [], [], [3]]);
  expect(rows.get("1002")?.[2]?.map((each) => each.id)).toEqual([1]);
});

function leave(state: string, agent = "1001", asked = "2026-11-25T08:00:00Z"): Request {
  return { kind: "leave", row: { id: `${state}${agent}`, agent, state, asked_at: asked } } as unknown as Request;
}
function swap(state: string): Request {
  const row = { id: state, agent: "1001", colleague: "1002", state, asked_at: "2026-11-26T08:00:00Z" };
  return { kind: "swap", row } as unknown as Request;
}
function overtime(state: string, offered: boolean, hours = 1): Request {
  const at = (hour: number): string => new Date(WEDNESDAY + hour * 3_600_000).toISOString();
  const times = { starts_at: at(hours), ends_at: at(hours + 2), asked_at: "2026-11-26T08:00:00Z" };
  return { kind: "overtime", row: { id: state, agent: "1001", offered, state, ...times } } as unknown as Request;
}
const AGENT = { agent: "1001", leads: false };
const LEADER = { agent: null, leads: true };

it.each([
  [leave("requested"), LEADER, ["approve", "refuse"]],
  [leave("approved"), LEADER, ["cancel"]],
  [leave("refused"), LEADER, []],
  [leave("requested"), { agent: "1001", leads: false }, ["withdraw"]],
  [leave("requested"), { agent: "1001", leads: true }, ["withdraw"]],
  [leave("requested"), { agent: "1003", leads: false }, []],
  [swap("asked"), LEADER, []],
  [swap("agreed"), LEADER, ["approve", "refuse"]],
  [swap("asked"), { agent: "1002", leads: false }, ["agree", "decline"]],
  [swap("agreed"), { agent: "1002", leads: true }, ["decline"]],
  [swap("agreed"), { agent: "1001", leads: false }, ["withdraw"]],
  [swap("approved"), { agent: "1001", leads: false }, []],
  [overtime("asked", true), AGENT, ["withdraw"]],
  [overtime("asked", true), LEADER, ["agree", "decline"]],
  [overtime("asked", true), { agent: "1001", leads: true }, ["withdraw"]],
  [overtime("asked", false), AGENT, ["agree", "decline"]],
  [overtime("asked", false), LEADER, ["withdraw"]],
  [overtime("agreed", false), AGENT, ["decline"]],
  [overtime("agreed", true), LEADER, ["approve", "refuse"]],
  [overtime("agreed", true, -3), LEADER, ["refuse"]],
  [overtime("approved", true), LEADER, ["cancel"]],
  [overtime("approved", true, -1), LEADER, []],
  [overtime("approved", true), { agent: "1001", leads: true }, []],
] as const)("D3, D4: no one decides on a request of their own (%#)", (request, reader, acts) => {
  expect(actsOf(request, reader, WEDNESDAY)).toEqual(acts);
});

it("requests that wait for the reader come first", () => {
  const rows = [leave("refused"), swap("asked"), leave("requested", "1004", "2026-11-20T08:00:00Z")];
  expect(inOrder(rows, LEADER, WEDNESDAY).map((each) => each.row.id)).toEqual([
    "requested1004",
    "asked",
    "refused1001",
  ]);
});

it("a colleague takes the hours of a shift that lie in the leave and are still to come", () => {
  const at = (hour: number, minute = 0): string => new Date(2026, 10, 25, hour, minute).toISOString();
  const sick = (from: number, until: number): Extract<Request, { kind: "leave" }>["row"] => {
    const request = leave("requested", "1001");
    if (request.kind !== "leave") throw new Error("a leave");
    return { ...request.row, starts_at: at(from), ends_at: at(until) };
  };
  const late = shift(1, "1001", 25, 12);
  expect(hoursToTake(late, sick(8, 18), WEDNESDAY)).toEqual({ starts_at: at(15, 31), ends_at: at(18) });
  expect(hoursToTake(late, sick(17, 24), WEDNESDAY)).toEqual({ starts_at: at(17), ends_at: at(20) });
  expect(hoursToTake(late, sick(8, 15), WEDNESDAY)).toBeNull();
});
