import type { Schemas } from "@/api/client";

import type { Shift } from "./week";

type Leave = Schemas["LeaveShape"];
export type Substitute = Schemas["SubstituteShape"];

const MINUTE = 60_000;

const later = (first: string, second: string): string => (Date.parse(first) >= Date.parse(second) ? first : second);

/** The hours of a shift that a colleague can still take during a leave: agreed before they begin. */
export function hoursToTake(shift: Shift, leave: Leave, now: number): { starts_at: string; ends_at: string } | null {
  const soon = new Date(Math.ceil((now + MINUTE) / MINUTE) * MINUTE).toISOString();
  // The instants as the service wrote them: a clock of milliseconds would leave a gap of less than one.
  const begins = later(later(shift.starts_at, leave.starts_at), soon);
  const ends = later(shift.ends_at, leave.ends_at) === shift.ends_at ? leave.ends_at : shift.ends_at;
  return Date.parse(begins) < Date.parse(ends) ? { starts_at: begins, ends_at: ends } : null;
}
