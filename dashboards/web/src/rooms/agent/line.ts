import type { Schemas } from "@/api/client";

/** A stretch of an agent's day in one state. */
export interface Span {
  state: string;
  from: number;
  until: number;
}

type Day = Pick<Schemas["AgentDayShape"], "spans" | "until">;

/** An agent who is not at work, or of whom nothing is known: a day begins after these states. */
const NOT_BEGUN = ["signed_out", "unknown"];

/** The day as the service has it, from the first thing done; what lasts runs up to now. */
export function spansOf(day: Day | undefined, now: number): Span[] {
  const spans = day?.spans ?? [];
  const first = spans.findIndex((span) => !NOT_BEGUN.includes(span.state));
  if (day === undefined || first < 0) return [];
  return spans.slice(first).map((span) => ({
    state: span.state,
    from: Date.parse(span.since),
    until: span.until === day.until ? Math.max(now, Date.parse(span.until)) : Date.parse(span.until),
  }));
}

const HALF_DAY = 43_200_000;

/** The day of a midnight of the centre, whatever the time zone of the browser. */
export function dayOf(midnight: string): string {
  return new Date(Date.parse(midnight) + HALF_DAY).toISOString().slice(0, 10);
}

/** Where a stretch lies on a line from `start` to `end`, in percent; the shortest is still to be seen. */
export function placeOf(span: Span, start: number, end: number): { left: string; width: string } {
  const whole = Math.max(1, end - start);
  const left = (100 * (Math.max(start, span.from) - start)) / whole;
  const width = (100 * (Math.min(end, span.until) - Math.max(start, span.from))) / whole;
  return { left: `${left.toFixed(2)}%`, width: `${Math.max(0.25, width).toFixed(2)}%` };
}
