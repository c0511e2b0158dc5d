// One look for each state of an agent: colour, icon and word together.

import { pill } from "./dom.js";
import { known, t } from "./texts.js";

const LOOKS = {
  available: ["good", "check"],
  ringing: ["ring", "bell"],
  on_call: ["busy", "phone"],
  wrap_up: ["calm", "pen"],
  paused: ["warn", "pause"],
  signed_out: ["off", "power"],
  unreachable: ["bad", "alert"],
};

export const ORDER = ["ringing", "on_call", "available", "wrap_up", "paused", "unreachable", "signed_out"];

/** The state to show: a signed-in agent whose phone is unreachable cannot be called, whatever state they have set. */
export function shownState(agent) {
  return agent.reachable === false && agent.state !== "signed_out" ? "unreachable" : agent.state;
}

export function statePill(agent, tone = stateTone(agent)) {
  const state = shownState(agent);
  const [, icon] = LOOKS[state] ?? LOOKS.signed_out;
  const reason = state === "paused" && agent.reason ? ` · ${reasonWord(agent.reason)}` : "";
  return pill(tone, icon, `${t(`state.${state}`)}${reason}`);
}

export function stateTone(agent) {
  return (LOOKS[shownState(agent)] ?? LOOKS.signed_out)[0];
}

export function reasonWord(reason) {
  return known(`reason.${reason}`, "reason.other");
}
