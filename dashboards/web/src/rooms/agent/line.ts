/** A stretch of an agent's day in one state. */
export interface Span {
  state: string;
  from: number;
  until: number;
}

interface Talk {
  answered_at: string | null;
  ended_at: string | null;
}
interface Ring {
  ringing_at: string | null;
  offered_at: string;
  ended_at: string | null;
}

/** Rings and conversations of the day as stretches, oldest first; one that lasts runs up to now. */
export function spansOf(calls: readonly Talk[], offers: readonly Ring[], now: number): Span[] {
  const until = (ended: string | null): number => (ended === null ? now : Date.parse(ended));
  const talks = calls
    .filter((call) => call.answered_at !== null)
    .map((call) => ({
      state: "on_call",
      from: Date.parse(call.answered_at as string),
      until: until(call.ended_at),
    }));
  const rings = offers.map((offer) => ({
    state: "ringing",
    from: Date.parse(offer.ringing_at ?? offer.offered_at),
    until: until(offer.ended_at),
  }));
  return [...talks, ...rings].sort((first, second) => first.from - second.from);
}

/** Where a stretch lies on a line from `start` to `end`, in percent; the shortest is still to be seen. */
export function placeOf(span: Span, start: number, end: number): { left: string; width: string } {
  const whole = Math.max(1, end - start);
  const left = (100 * (Math.max(start, span.from) - start)) / whole;
  const width = (100 * (Math.min(end, span.until) - Math.max(start, span.from))) / whole;
  return { left: `${left.toFixed(2)}%`, width: `${Math.max(0.25, width).toFixed(2)}%` };
}
