import type { Agent, Call, Offer } from "@/live/messages";
import { openOffer } from "@/live/rings";

/** The agent's calls of this moment: one spoken on, one that rings. A ring during a call never replaces it. */
export interface Mine {
  talking: Call | null;
  ringing: { call: Call; offer: Offer } | null;
}

/**
 * A call names the agent who answered it for as long as it lasts, also after it was passed on: only an agent whose own
 * phone is on a call talks, and the newest of several is theirs.
 */
export function mineOf(calls: Iterable<Call>, agent: string | null, me?: Pick<Agent, "state" | "call">): Mine {
  const mine: Mine = { talking: null, ringing: null };
  if (agent === null) return mine;
  for (const call of calls) {
    if (call.ended_at !== null) continue;
    const answered = call.agent === agent && call.answered_at !== null;
    // A call that the agent places names no one who answered it: the phone is on it all the same.
    const placed = call.direction !== "inbound" && call.id === me?.call;
    // The caller of a page that was loaded again hears music and belongs to this desk until the phone is back.
    const isKept = answered && Boolean(call.kept_since);
    if (isKept || ((answered || placed) && (me === undefined || me.state === "on_call"))) {
      mine.talking = newer(mine.talking, call, me?.call ?? null);
    }
    const offer = openOffer(call, agent);
    if (offer !== undefined) mine.ringing ??= { call, offer };
  }
  return mine;
}

/** Which of two calls the phone is on: the one that the service names, else the one that was answered last. */
function newer(before: Call | null, call: Call, current: string | null): Call {
  if (before === null || call.id === current) return call;
  if (before.id === current) return before;
  return (call.answered_at ?? "") > (before.answered_at ?? "") ? call : before;
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
