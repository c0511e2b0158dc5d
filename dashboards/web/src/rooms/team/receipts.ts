import type { TeamMessage } from "@/live/team";

export interface Receipts {
  count: { read: number; of: number };
  all: boolean;
  /** Recipients who have not confirmed it, by number. */
  missing: string[];
}

/** Who has confirmed a message; one that names no recipients is known to its sender and to leaders alone. */
export function receiptsOf(message: Pick<TeamMessage, "recipients" | "read_by">): Receipts {
  const missing = message.recipients.filter((agent) => !message.read_by.includes(agent));
  const of = message.recipients.length;
  return { count: { read: of - missing.length, of }, all: missing.length === 0, missing };
}
