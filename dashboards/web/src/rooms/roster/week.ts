import type { Schemas } from "@/api/client";

export type Shift = Schemas["ShiftShape"];

const DAYS = 7;

/** The midnights of a week, Monday first, and the midnight after it; `weeks` counts from the week of `now`. */
export function midnightsOf(now: number, weeks: number): Date[] {
  const first = new Date(now);
  first.setHours(0, 0, 0, 0);
  first.setDate(first.getDate() - ((first.getDay() + 6) % DAYS) + weeks * DAYS);
  return Array.from({ length: DAYS + 1 }, (_, day) => {
    // By the calendar: a day of a clock change has 23 or 25 hours.
    const midnight = new Date(first);
    midnight.setDate(first.getDate() + day);
    return midnight;
  });
}

/** The date of a midnight of this computer, as the API reads it: 2026-11-30. */
export function dateOf(midnight: Date): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${String(midnight.getFullYear())}-${two(midnight.getMonth() + 1)}-${two(midnight.getDate())}`;
}

/** Each agent's shifts by the day on which they begin; one that began before the week stands on its first day. */
export function byAgent(shifts: readonly Shift[], midnights: readonly Date[]): Map<string, Shift[][]> {
  const rows = new Map<string, Shift[][]>();
  for (const shift of shifts) {
    const begins = Date.parse(shift.starts_at);
    const later = midnights.findIndex((midnight) => midnight.getTime() > begins);
    if (later < 0) continue;
    let days = rows.get(shift.agent);
    if (days === undefined) {
      days = Array.from({ length: DAYS }, () => []);
      rows.set(shift.agent, days);
    }
    days[Math.max(0, later - 1)]?.push(shift);
  }
  return new Map([...rows].sort(([first], [second]) => first.localeCompare(second)));
}
