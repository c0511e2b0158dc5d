import type { Schemas } from "@/api/client";
import { useNames } from "@/live/names";
import { useTexts } from "@/texts";

type Lack = Schemas["BreakLack"];

/** Which line cannot spare the agent of a waiting break, in words: its last agents, its need, or a skill. */
export function useLack(): (lack: Lack) => string {
  const { t } = useTexts();
  const { lineName, skillName } = useNames();
  return (lack) => {
    const facts = { line: lineName(lack.line), left: lack.left, required: lack.required };
    if (lack.skill) return t("breaks.lack_skill", { ...facts, skill: skillName(lack.skill) });
    return t(lack.last ? "breaks.last" : "breaks.lack", facts);
  };
}
