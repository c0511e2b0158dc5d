/** When a caller is promised a return call, in the words of the desk. */
export const WHENS = ["half_hour", "two_hours", "tomorrow_morning", "tomorrow_afternoon", "at"] as const;
export type When = (typeof WHENS)[number];

const HOUR = 3_600_000;

function onDay(now: number, days: number, hours: number, minutes: number): Date {
  const day = new Date(now);
  day.setDate(day.getDate() + days);
  day.setHours(hours, minutes, 0, 0);
  return day;
}

/** The instant of a promise; null for a moment of its own that is not given yet. */
export function instantOf(when: When, now: number, at: string): string | null {
  switch (when) {
    case "half_hour":
      return new Date(now + HOUR / 2).toISOString();
    case "two_hours":
      return new Date(now + 2 * HOUR).toISOString();
    case "tomorrow_morning":
      return onDay(now, 1, 9, 30).toISOString();
    case "tomorrow_afternoon":
      return onDay(now, 1, 14, 30).toISOString();
    case "at":
      return Number.isNaN(Date.parse(at)) ? null : new Date(at).toISOString();
  }
}
