import type { Call, Queue } from "@/live/messages";

type Waits = Pick<Call, "id" | "queue">;

/** What a supervisor has asked for and the service has not shown yet. */
export interface Pending {
  call: string;
  act: "move" | "give" | "priority";
  /** The line or the agent; empty for a place in the queue. */
  target: string;
  raised: boolean;
  /** Where the caller waited then. */
  line: string | null;
  queue: string | null;
  /** When it was asked for, by the service's clock. */
  at: number;
}

/** What was asked for is no longer expected after this long: the live picture alone counts, in milliseconds. */
const PATIENCE = 30_000;
/** Two clocks of one service: an offer may carry an instant just before the request was answered. */
const SLACK = 2000;

/** Whether the live picture has caught up with what was asked for, or has gone another way. */
export function isSettled(pending: Pending, call: Call | undefined, queues: Iterable<Queue>, now: number): boolean {
  if (call === undefined || call.ended_at !== null || call.answered_at !== null) return true;
  if (now - pending.at > PATIENCE) return true;
  if (pending.act === "move") return call.queue !== pending.queue || call.line !== pending.line;
  if (pending.act === "give") {
    return call.offers.some(
      (offer) => offer.agent === pending.target && Date.parse(offer.offered_at ?? "") >= pending.at - SLACK,
    );
  }
  const queue = [...queues].find((each) => each.code === call.queue);
  return (queue?.next[0] === call.id) === pending.raised;
}

/** The calls of each queue in the order in which they are served, with those ahead whom a supervisor has just let ahead. */
function turnsOf(queue: Queue, pending: readonly Pending[]): string[] {
  const ahead = pending.filter((each) => each.act === "priority" && each.raised).map((each) => each.call);
  const first = queue.next.filter((id) => ahead.includes(id));
  return [...first, ...queue.next.filter((id) => !ahead.includes(id))];
}

/**
 * Rows in the order in which their callers are served. The queues stay mixed by arrival: within one queue its callers
 * change places among themselves; those further back than the service names keep theirs.
 */
export function inTurn<Row extends { call: Waits }>(
  rows: readonly Row[],
  queues: Iterable<Queue>,
  pending: readonly Pending[] = [],
): Row[] {
  const result = [...rows];
  for (const queue of queues) {
    const turns = turnsOf(queue, pending);
    const places = result.flatMap((row, index) => (turns.includes(row.call.id) ? [index] : []));
    const inOrder = places
      .map((index) => result[index] as Row)
      .sort((first, second) => turns.indexOf(first.call.id) - turns.indexOf(second.call.id));
    places.forEach((place, index) => {
      result[place] = inOrder[index] as Row;
    });
  }
  return result;
}
