import type { Agent, Call, Offer } from "@/live/messages";
import { openOffer } from "@/live/rings";

/** A call that rings the agent's phone; `offer` is null where it comes from no queue, as from a colleague. */
interface Ringing {
  call: Call;
  offer: Offer | null;
}

/** The agent's calls of this moment. A ring during a call never replaces it, and of two calls one is on hold. */
export interface Mine {
  talking: Call | null;
  held: Call | null;
  ringing: Ringing | null;
}

/**
 * A call names the agent who answered it for as long as it lasts, also after it was passed on: which calls the agent's
 * own phone is on is what the service reports of the phone.
 */
export function mineOf(calls: Iterable<Call>, agent: string | null, me?: Pick<Agent, "calls">): Mine {
  const mine: Mine = { talking: null, held: null, ringing: null };
  if (agent === null) return mine;
  const phone = new Map((me?.calls ?? []).map((each) => [each.call, each.state]));
  const spoken: Call[] = [];
  for (const call of calls) {
    if (call.ended_at !== null) continue;
    const answered = call.agent === agent && call.answered_at !== null;
    // The caller of a page that was loaded again hears music and belongs to this desk until the phone is back.
    const isKept = answered && Boolean(call.kept_since);
    const part = phone.get(call.id);
    // A supervisor who has taken the call over answers it; one who listens does not.
    const talks = part === "talking" || (part === "supervising" && answered);
    if (isKept || (me === undefined ? answered : talks)) {
      spoken.push(call);
      continue;
    }
    const offer = openOffer(call, agent) ?? null;
    if (offer !== null || part === "ringing") mine.ringing ??= { call, offer };
  }
  [mine.talking = null, mine.held = null] = spoken.sort(spokenFirst);
  return mine;
}

/** Which of two calls is spoken on: the one that is not on hold, else the one that was answered last. */
function spokenFirst(first: Call, second: Call): number {
  const holds = Number(first.held_since !== null) - Number(second.held_since !== null);
  return holds === 0 ? (second.answered_at ?? "").localeCompare(first.answered_at ?? "") : holds;
}

/** The one who is called or calls, as the desk names them. */
export function numberOf(call: Call): string {
  return call.direction === "outbound" ? call.called_number : call.caller_number;
}

/**
 * Which line of the phone carries which call. Lines have no name of their calls, so a line that is new belongs to the
 * call that is new.
 */
export function boundLines(
  before: ReadonlyMap<string, string>,
  calls: readonly string[],
  lines: readonly string[],
): Map<string, string> {
  const bound = new Map([...before].filter(([call, line]) => calls.includes(call) && lines.includes(line)));
  const free = lines.filter((line) => ![...bound.values()].includes(line));
  const unbound = calls.filter((call) => !bound.has(call));
  const [call, line] = [unbound[0], free[0]];
  if (call !== undefined && line !== undefined && unbound.length === 1 && free.length === 1) bound.set(call, line);
  return bound;
}

/** Why a ring went away without my answer. */
type Withdrawal = "caller_left" | "answered_elsewhere" | "declined" | "busy" | "no_answer" | "unreachable" | "unknown";

export interface Withdrawn {
  call: Call;
  why: Withdrawal;
  /** The colleague who answered instead. */
  by: string | null;
  at: number;
}

const WHYS: readonly Withdrawal[] = [
  "caller_left",
  "answered_elsewhere",
  "declined",
  "busy",
  "no_answer",
  "unreachable",
];

/** What became of my ring, from the call as it is after it; null while it rings or once I have answered. */
export function withdrawnOf(call: Call, agent: string, at: number): Withdrawn | null {
  if (openOffer(call, agent) !== undefined) return null;
  const offers = call.offers.filter((each) => each.agent === agent);
  const last = offers.at(-1);
  if (last === undefined || last.outcome === "answered" || call.agent === agent) return null;
  // The service may know first that a colleague has the call or that the caller is gone, then how my ring ended.
  if (call.answered_at !== null && call.agent !== null) return { call, why: "answered_elsewhere", by: call.agent, at };
  const why = WHYS.find((each) => each === last.outcome);
  if (why !== undefined) return { call, why, by: null, at };
  return { call, why: call.ended_at !== null ? "caller_left" : "unknown", by: null, at };
}
