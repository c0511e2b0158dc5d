import type { Schemas } from "@/api/client";

export type Entry = Schemas["LedgerEntry"];
export type Event = "confirm" | "annul" | "dispute" | "settle";

export interface Reader {
  id: string | null;
  agent: string | null;
  leads: boolean;
}

const OF_LEADERS: Readonly<Record<Entry["state"], readonly Event[]>> = {
  proposed: ["confirm", "annul"],
  confirmed: ["annul"],
  disputed: ["settle", "annul"],
  settled: [],
  annulled: [],
};
const FEN = 100;

/** What the reader may do with an entry (D7): agents dispute their own, and no one decides about themselves. */
export function actsOf(entry: Entry, reader: Reader): readonly Event[] {
  if (entry.agent === reader.agent) return entry.state === "confirmed" ? ["dispute"] : [];
  return reader.leads && !othersSettle(entry, reader) ? OF_LEADERS[entry.state] : [];
}

/** Whether the dispute is against the reader's own confirmation, so that another leader decides on it. */
export function othersSettle(entry: Entry, reader: Reader): boolean {
  const own = entry.confirmed_by !== null && entry.confirmed_by === reader.id;
  return own && reader.leads && entry.state === "disputed" && entry.agent !== reader.agent;
}

/** Whether a decision may lower the amount. */
export const lowers = (event: Event): boolean => event === "confirm" || event === "settle";

/** Fen of an amount in yuan as it was typed, null where it is none between nothing and `most` fen. */
export function fenOf(typed: string, most: number): number | null {
  if (!/^\d{1,5}([.]\d{1,2})?$/.test(typed.trim())) return null;
  const fen = Math.round(Number(typed) * FEN);
  return fen <= most ? fen : null;
}

export const yuanOf = (fen: number): string => (fen / FEN).toFixed(2);

/** Entries that wait for the reader first, then the newest. */
export function inOrder(entries: readonly Entry[], reader: Reader): Entry[] {
  const waits = (entry: Entry): number =>
    actsOf(entry, reader).some((event) => lowers(event) || event === "dispute") ? 0 : 1;
  return [...entries].sort((first, second) => waits(first) - waits(second) || second.at.localeCompare(first.at));
}

/** The month that lies so many months before a day, such as 2026-10. */
export function monthBefore(day: Date, months = 1): string {
  const first = new Date(day.getFullYear(), day.getMonth() - months, 1);
  return `${String(first.getFullYear())}-${String(first.getMonth() + 1).padStart(2, "0")}`;
}
