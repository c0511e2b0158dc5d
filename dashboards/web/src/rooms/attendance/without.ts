import type { Schemas } from "@/api/client";

type Line = Schemas["LineWithout"];

interface Effect {
  line: string;
  left: number;
  required: number;
  short: boolean;
  /** The service level to expect in percent, with the agent and without; null where there is no forecast. */
  level: { before: number; after: number } | null;
  /** The skills of which the line would have fewer agents than it needs. */
  skills: Line["skills"];
}

function percent(share: number): number {
  return Math.round(share * 100);
}

/** What a line loses without one agent, as the dialogs state it. */
export function effectOf(line: Line): Effect {
  const skills = line.skills.filter((skill) => skill.short > 0);
  const [before, after] = [line.with_agent, line.without_agent];
  return {
    line: line.line,
    left: line.left,
    required: line.required,
    short: line.short > 0 || skills.length > 0,
    level: before && after && { before: percent(before.service_level), after: percent(after.service_level) },
    skills,
  };
}
