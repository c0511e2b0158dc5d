import type { Schemas } from "@/api/client";

type Leave = Schemas["LeaveShape"];
type Swap = Schemas["SwapShape"];
export type Event = "approve" | "refuse" | "cancel" | "withdraw" | "agree" | "decline";

/** A leave or a swap, as the list of requests shows it. */
export type Request = { kind: "leave"; row: Leave } | { kind: "swap"; row: Swap };

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
/** Steps that the service takes only with a reason. */
const WITH_REASON: ReadonlySet<Event> = new Set(["refuse", "cancel"]);

export const needsReason = (event: Event): boolean => WITH_REASON.has(event);

/** What the reader may do with a request now (D3, D4): no one decides on a request of their own. */
export function actsOf(request: Request, reader: Reader): readonly Event[] {
  const step = `${request.kind} ${request.row.state}`;
  const own = reader.agent === request.row.agent;
  if (own) return OF_THE_AGENT[step] ?? [];
  if (request.kind === "swap" && reader.agent === request.row.colleague) return OF_THE_COLLEAGUE[step] ?? [];
  return reader.leads ? (OF_LEADERS[step] ?? []) : [];
}

/** Requests that wait for the reader first, then the newest. */
export function inOrder(requests: readonly Request[], reader: Reader): Request[] {
  const waits = (request: Request): number =>
    actsOf(request, reader).some((event) => event === "approve" || event === "agree") ? 0 : 1;
  return [...requests].sort(
    (first, second) => waits(first) - waits(second) || second.row.asked_at.localeCompare(first.row.asked_at),
  );
}
