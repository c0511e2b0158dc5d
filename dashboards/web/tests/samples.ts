import type { Call, Offer } from "@/live/messages";

export const AT = Date.parse("2026-11-27T08:00:00Z");

export function ago(milliseconds: number): string {
  return new Date(AT - milliseconds).toISOString();
}

export function offer(agent: string, more: Partial<Offer> = {}): Offer {
  return {
    agent,
    phone: agent,
    offered_at: ago(0),
    ringing_at: ago(0),
    ended_at: null,
    rings: null,
    late: null,
    outcome: null,
    ...more,
  };
}

/** A call with the fields that the pages use; a new field of the feed changes no test. */
export function call(id: string, more: Partial<Call> = {}): Call {
  const plain: Partial<Call> = {
    id,
    linkedid: id,
    direction: "inbound",
    line: "orders",
    queue: "orders",
    caller_number: "13800138000",
    caller_name: "",
    called_number: "073188880001",
    customer_id: null,
    arrived_at: ago(5000),
    queued_at: ago(5000),
    answered_at: null,
    ended_at: null,
    outcome: null,
    agent: null,
    hung_up_by: null,
    late: null,
    held_since: null,
    offers: [],
    path: [],
  };
  return { ...plain, ...more } as Call;
}
