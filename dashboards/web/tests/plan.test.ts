import { describe, expect, it } from "vitest";

import { byAgent, byPattern, byTimes, cellOf, hoursOf, weeksOf, withCell, type Entry } from "@/rooms/plan/entries";

function entry(agent: string, day: string, from: number, to: number, pattern = ""): Entry {
  const at = (hour: number): string => new Date(`${day}T${String(hour).padStart(2, "0")}:00`).toISOString();
  return { agent, day, pattern, starts_at: at(from), ends_at: at(to), fixed: false };
}

describe("a plan of the roster", () => {
  it("has weeks that begin on Monday, over the end of a month and of the year", () => {
    const weeks = weeksOf("2026-12-30", "2027-01-05");
    expect(weeks).toEqual([
      ["2026-12-30", "2026-12-31", "2027-01-01", "2027-01-02", "2027-01-03"],
      ["2027-01-04", "2027-01-05"],
    ]);
    expect(weeksOf("2026-11-30", "2026-11-30")).toEqual([["2026-11-30"]]);
    expect(weeksOf("2026-11-30", "2026-11-29")).toEqual([]);
  });

  it("shows the shifts of a day in their order, with the hours", () => {
    const entries = [
      entry("1001", "2026-11-30", 14, 18),
      entry("1001", "2026-11-30", 8, 12),
      entry("1002", "2026-11-30", 8, 9),
    ];
    const cell = cellOf(entries, "1001", "2026-11-30");
    expect(cell.map((each) => each.starts_at)).toEqual([entries[1]?.starts_at, entries[0]?.starts_at]);
    expect(hoursOf(cell)).toBe(8);
  });

  it("takes an end that is not after the start for one of the next day", () => {
    const night = byTimes("1001", "2026-12-31", "22:00", "06:00", true);
    expect(night.starts_at).toBe(new Date("2026-12-31T22:00").toISOString());
    expect(night.ends_at).toBe(new Date("2027-01-01T06:00").toISOString());
    expect(byTimes("1001", "2026-12-31", "08:00", "17:00", true).ends_at).toBe(
      new Date("2026-12-31T17:00").toISOString(),
    );
  });

  it("replaces one agent's day and sends the others as they are, with their times", () => {
    const entries = [
      entry("1001", "2026-11-30", 8, 17, "早"),
      entry("1002", "2026-11-30", 8, 17),
      entry("1001", "2026-12-01", 8, 17),
    ];
    const bodies = withCell(entries, "1001", "2026-11-30", [byPattern("1001", "2026-11-30", "夜", true)]);
    expect(bodies.map((each) => [each.agent, each.day, each.pattern, each.starts_at !== null])).toEqual([
      ["1002", "2026-11-30", "", true],
      ["1001", "2026-12-01", "", true],
      ["1001", "2026-11-30", "夜", false],
    ]);
    expect(withCell(entries, "1001", "2026-11-30", [])).toHaveLength(2);
  });

  it("names each agent once with all that changes for them", () => {
    const change = (agent: string) => ({ kind: "added" as const, agent, before: null, after: null });
    expect(
      byAgent([change("1002"), change("1001"), change("1002")]).map(([agent, all]) => [agent, all.length]),
    ).toEqual([
      ["1001", 1],
      ["1002", 2],
    ]);
  });
});
