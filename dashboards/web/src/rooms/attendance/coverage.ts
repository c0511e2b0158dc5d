import type { Schemas } from "@/api/client";

export type Step = Schemas["CoverageStep"];
type Count = "required" | "expected" | "available";

/** A stretch of the day in which fewer agents were there, or are to come, than the line needs; `short` at its worst. */
export interface Shortage {
  from: string;
  to: string;
  short: number;
}

const QUARTER = 15 * 60_000;

/** The most agents that the chart has to show. */
export function topOf(steps: readonly Step[]): number {
  return Math.max(1, ...steps.flatMap((step) => [step.required, step.expected, step.available ?? 0]));
}

/** A line of steps over the width, one for each quarter hour; it ends where nothing is known any more. */
export function stepPath(steps: readonly Step[], count: Count, width: number, height: number): string {
  const top = topOf(steps);
  const wide = width / Math.max(1, steps.length);
  let path = "";
  steps.forEach((step, index) => {
    const value = step[count];
    if (value === null) return;
    const y = (height - (value / top) * height).toFixed(1);
    path += `${path === "" ? "M" : "L"}${(index * wide).toFixed(1)} ${y}L${((index + 1) * wide).toFixed(1)} ${y}`;
  });
  return path;
}

/** Where the line is short: by who was there, and by the roster for what is to come. */
export function shortagesOf(steps: readonly Step[]): Shortage[] {
  const shortages: Shortage[] = [];
  for (const step of steps) {
    const short = step.required - (step.available ?? step.expected);
    if (short <= 0) continue;
    const to = new Date(Date.parse(step.at) + QUARTER).toISOString();
    const last = shortages.at(-1);
    if (last !== undefined && Date.parse(last.to) === Date.parse(step.at)) {
      last.to = to;
      last.short = Math.max(last.short, short);
    } else shortages.push({ from: step.at, to, short });
  }
  return shortages;
}
