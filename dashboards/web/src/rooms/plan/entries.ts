import type { Schemas } from "@/api/client";

export type Entry = Schemas["RosterEntryShape"];
export type EntryBody = Schemas["RosterEntryBody"];
export type Pattern = Schemas["ShiftPatternShape"];
type Difference = Schemas["RosterDifferenceShape"];

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** A date of the calendar at noon of this computer: no clock change is near. */
const noonOf = (day: string): Date => new Date(`${day}T12:00`);

function dateOf(day: Date): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${String(day.getFullYear())}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}

/** The day some days later, such as 2026-12-01. */
function later(day: string, days: number): string {
  const date = noonOf(day);
  date.setDate(date.getDate() + days);
  return dateOf(date);
}

/** The days of a plan by weeks that begin on Monday; the first and the last may be shorter. */
export function weeksOf(first: string, last: string): string[][] {
  const weeks: string[][] = [];
  for (let day = first; day <= last; day = later(day, 1)) {
    const week = weeks.at(-1);
    if (week === undefined || noonOf(day).getDay() === 1) weeks.push([day]);
    else week.push(day);
  }
  return weeks;
}

/** The entries of an agent's day, the earliest first. */
export function cellOf(entries: readonly Entry[], agent: string, day: string): Entry[] {
  return entries
    .filter((entry) => entry.agent === agent && entry.day === day)
    .sort((first, second) => Date.parse(first.starts_at) - Date.parse(second.starts_at));
}

/** The planned hours of some entries. */
export function hoursOf(entries: readonly Pick<Entry, "starts_at" | "ends_at">[]): number {
  const total = entries.reduce((sum, each) => sum + Date.parse(each.ends_at) - Date.parse(each.starts_at), 0);
  return Math.round((total / HOUR) * 100) / 100;
}

/** An entry as it is sent back: with its times, so that a pattern that was changed meanwhile does not move it. */
export function keptAs(entry: Entry): EntryBody {
  const { agent, day, pattern, starts_at, ends_at, fixed } = entry;
  return { agent, day, pattern, starts_at, ends_at, fixed };
}

/** A shift by its pattern: the service knows the times, also over a change of the clock. */
export function byPattern(agent: string, day: string, pattern: string, fixed: boolean): EntryBody {
  return { agent, day, pattern, starts_at: null, ends_at: null, fixed };
}

/** A shift by its own times; an end that is not after the start is on the next day. */
export function byTimes(agent: string, day: string, start: string, end: string, fixed: boolean): EntryBody {
  const ends = end > start ? day : later(day, 1);
  return {
    agent,
    day,
    pattern: "",
    starts_at: new Date(`${day}T${start}`).toISOString(),
    ends_at: new Date(`${ends}T${end}`).toISOString(),
    fixed,
  };
}

/** All entries with those of one agent's day replaced. */
export function withCell(
  entries: readonly Entry[],
  agent: string,
  day: string,
  cell: readonly EntryBody[],
): EntryBody[] {
  const others = entries.filter((entry) => entry.agent !== agent || entry.day !== day);
  return [...others.map(keptAs), ...cell];
}

/** What changes for whom, by agent. */
export function byAgent(differences: readonly Difference[]): [string, Difference[]][] {
  const agents = new Map<string, Difference[]>();
  for (const each of differences) agents.set(each.agent, [...(agents.get(each.agent) ?? []), each]);
  return [...agents].sort(([first], [second]) => first.localeCompare(second));
}
