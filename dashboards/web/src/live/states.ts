import type { IconName } from "@/ui/icons";

import type { Agent } from "./messages";

export const STATES = ["ringing", "on_call", "available", "wrap_up", "paused", "unreachable", "signed_out"] as const;
/** In the order in which a floor is read: who is busy first, who is away last. */
export type ShownState = (typeof STATES)[number];
type Tone = "good" | "warn" | "bad" | "busy" | "ring" | "calm" | "off";

/** How a state is shown, beside its word. */
export interface Look {
  tone: Tone;
  icon: IconName;
}

export const LOOKS: Readonly<Record<ShownState, Look>> = {
  available: { tone: "good", icon: "check" },
  ringing: { tone: "ring", icon: "bell" },
  on_call: { tone: "busy", icon: "phone" },
  wrap_up: { tone: "calm", icon: "pen" },
  paused: { tone: "warn", icon: "pause" },
  unreachable: { tone: "bad", icon: "alert" },
  signed_out: { tone: "off", icon: "power" },
};

/** The state to show: a signed-in agent whose phone is gone cannot be rung, whatever they chose. */
export function shownState(agent: Pick<Agent, "state" | "reachable"> | undefined): ShownState {
  if (agent === undefined) return "signed_out";
  if (!agent.reachable && agent.state !== "signed_out") return "unreachable";
  return STATES.find((state) => state === agent.state) ?? "signed_out";
}
