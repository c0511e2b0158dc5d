import type { Schemas } from "@/api/client";

type Leave = Schemas["LeaveShape"];
type Swap = Schemas["SwapShape"];
type Overtime = Schemas["OvertimeShape"];
export type Event = "approve" | "refuse" | "cancel" | "withdraw" | "agree" | "decline";

/** A leave, a swap or an overtime, as the list of requests shows it. */
export type Request = { kind: "leave"; row: Leave } | { kind: "swap"; row: Swap } | { kind: "overtime"; row: Overtime };

export interface Reader {
  agent: string | null;
  leads: boolean;
}

const OF_LEADERS: Readonly<Record<string, readonly Event[]>> = {
  "leave requested": ["approve", "refuse"],
  "leave approved": ["cancel"],
  "swap agreed": ["approve", "refuse"],
};
const OF_THE_AGENT: Readonly<Record<string, readonly Event[]>> = {
  "leave requested": ["withdraw"],
  "swap asked": ["withdraw"],
  "swap agreed": ["withdraw"],
};
const OF_THE_COLLEAGUE: Readonly<Record<string, readonly Event[]>> = {
  "swap asked": ["agree", "decline"],
  "swap agreed": ["decline"],
};
/** Of an overtime that its agent has offered, a leader answers; of one that a leader asks for, the agent does. */
const OF_AN_OFFER: Readonly<Record<string, { agent: readonly Event[]; leader: readonly Event[] }>> = {
  asked: { agent: ["withdraw"], leader: ["agree", "decline"] },
  agreed: { agent: ["withdraw"], leader: ["approve", "refuse"] },
};
const OF_A_WISH: typeof OF_AN_OFFER = {
  asked: { agent: ["agree", "decline"], leader: ["withdraw"] },
  agreed: { agent: ["decline"], leader: ["approve", "refuse"] },
};
/** Steps that the service takes only with a reason. */
const WITH_REASON: ReadonlySet<Event> = new Set(["refuse", "cancel"]);

export const needsReason = (event: Event): boolean => WITH_REASON.has(event);

function actsOnOvertime(row: Overtime, reader: Reader, now: number): readonly Event[] {
  const own = reader.agent === row.agent;
  // What has begun is no longer cancelled, and what is over no longer approved.
  if (row.state === "approved") return !own && reader.leads && Date.parse(row.starts_at) > now ? ["cancel"] : [];
  const acts = (row.offered ? OF_AN_OFFER : OF_A_WISH)[row.state];
  const mine = own ? acts?.agent : reader.leads ? acts?.leader : [];
  return (mine ?? []).filter((event) => event !== "approve" || Date.parse(row.ends_at) > now);
}

/** What the reader may do with a request now (D3, D4): no one decides on a request of their own. */
export function actsOf(request: Request, reader: Reader, now: number): readonly Event[] {
  if (request.kind === "overtime") return actsOnOvertime(request.row, reader, now);
  const step = `${request.kind} ${request.row.state}`;
  const own = reader.agent === request.row.agent;
  if (own) return OF_THE_AGENT[step] ?? [];
  if (request.kind === "swap" && reader.agent === request.row.colleague) return OF_THE_COLLEAGUE[step] ?? [];
  return reader.leads ? (OF_LEADERS[step] ?? []) : [];
}

/** Requests that wait for the reader first, then the newest. */
export function inOrder(requests: readonly Request[], reader: Reader, now: number): Request[] {
  const waits = (request: Request): number =>
    actsOf(request, reader, now).some((event) => event === "approve" || event === "agree") ? 0 : 1;
  return [...requests].sort(
    (first, second) => waits(first) - waits(second) || second.row.asked_at.localeCompare(first.row.asked_at),
  );
}
