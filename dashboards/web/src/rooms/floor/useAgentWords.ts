import type { Agent } from "@/live/messages";
import { shownState } from "@/live/states";
import { useTexts } from "@/texts";

/** An agent's state in words, with the reason of a pause. */
export function useAgentWords() {
  const { t, known } = useTexts();

  function wordOf(agent: Agent): string {
    const reason =
      agent.state === "paused" && agent.reason ? ` · ${known(`reason.${agent.reason}`, "reason.other")}` : "";
    return t(`state.${shownState(agent)}`) + reason;
  }
  return { wordOf };
}
