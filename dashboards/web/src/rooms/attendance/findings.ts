import type { Schemas } from "@/api/client";

export type Finding = Schemas["AttendanceFinding"];
export type Present = Schemas["PresentAdherence"];

/** Their time ends with the shift; the others last until the agent is back. */
const OF_A_SHIFT: readonly Finding["kind"][] = ["late", "absent", "left_post"];

/** Whether it still lasts: who has left the post for the rest of a shift is not missed after it. */
export function lasts(finding: Finding, now: number): boolean {
  if (finding.until !== null) return false;
  return !OF_A_SHIFT.includes(finding.kind) || Date.parse(finding.shift_until) > now;
}

/** What began since midnight, and what lasts from before; what lasts first, then the newest. */
export function ofToday(findings: readonly Finding[], midnight: number, now: number): Finding[] {
  return findings
    .filter((each) => Date.parse(each.at) >= midnight || lasts(each, now))
    .sort(
      (first, second) => Number(lasts(second, now)) - Number(lasts(first, now)) || second.at.localeCompare(first.at),
    );
}

const rank = (present: Present): number => (present.in_adherence === false ? 0 : present.in_adherence ? 1 : 2);

/** Who is missing first, then who is there, then who is on leave. */
export function missingFirst(rows: readonly Present[]): Present[] {
  return [...rows].sort((first, second) => rank(first) - rank(second) || first.agent.localeCompare(second.agent));
}

/** How many of those who are expected now are there. */
export function counted(rows: readonly Present[]): { there: number; expected: number } {
  const expected = rows.filter((present) => present.in_adherence !== null);
  return { there: expected.filter((present) => present.in_adherence).length, expected: expected.length };
}
