import type { Schemas } from "@/api/client";

export type Break = Schemas["BreakShape"];
export type BreakAct = "grant" | "refuse" | "extend";

const ORDER: readonly Break["state"][] = ["waiting", "granted", "taken"];

/** The open breaks as a leader reads them: who waits, in turn; who may go; who is gone, the next to be back first. */
export function inTurn(breaks: readonly Break[]): Break[] {
  const at = (row: Break): string => (row.state === "taken" ? row.until : row.granted_at) ?? "";
  return breaks
    .filter((row) => ORDER.includes(row.state))
    .sort(
      (first, second) =>
        ORDER.indexOf(first.state) - ORDER.indexOf(second.state) ||
        (first.place ?? 0) - (second.place ?? 0) ||
        at(first).localeCompare(at(second)),
    );
}

/** What a leader may decide now: nothing about their own break, and the last agents of a line stay (D5, D6). */
export function breakActs(row: Break, me: string | null): readonly BreakAct[] {
  if (row.agent === me) return [];
  if (row.state === "waiting") return row.lack?.last === true ? ["refuse"] : ["grant", "refuse"];
  if (row.state === "granted") return ["refuse"];
  return row.state === "taken" ? ["extend"] : [];
}

/** Milliseconds over the limit; null while it holds. */
export function overrun(row: Break, now: number): number | null {
  const over = row.until === null ? -1 : now - Date.parse(row.until);
  return over < 0 ? null : over;
}
