// The agent's desk: who is calling before the phone is picked up, and one's own state.

import { pauseReasons, presence } from "./api.js";
import { CallCard } from "./callcard.js";
import { byId, el, icon, setText } from "./dom.js";
import { open } from "./frame.js";
import { reasonWord, shownState, statePill, stateTone } from "./states.js";
import { known, t } from "./texts.js";
import { dayAndClock } from "./times.js";

const card = new CallCard(byId("call"));
let number = null;
let refusal = "";

/** On duty by the roster, whichever line. */
function isOnDuty(live) {
  return Object.values(live.duty).some((numbers) => Array.isArray(numbers) && numbers.includes(number));
}

function drawMe(live, person) {
  const me = live.agents.get(number) ?? { number, state: "signed_out", reason: "", since: null };
  byId("state").replaceChildren(statePill(me));
  byId("state").className = `state ${stateTone(me)}`;
  const since = byId("state-since");
  if (me.since) since.dataset.since = me.since;
  else delete since.dataset.since;
  since.parentElement.hidden = !me.since;
  setText(byId("duty"), number === null ? t("me.no_agent") : t(isOnDuty(live) ? "me.on_duty" : "me.not_on_duty"));
  const out = me.state === "signed_out";
  const paused = me.state === "paused";
  byId("sign-in").hidden = number === null || !out;
  byId("resume").hidden = !paused;
  byId("pausing").hidden = out || paused;
  byId("sign-out").hidden = out;
  byId("numbers").replaceChildren(
    el("dt", {}, t("me.number")), el("dd", {}, number ?? "–"),
    el("dt", {}, t("me.phone")), el("dd", {}, me.phone || "–"),
  );
  setText(byId("who"), person.name || person.login);
  byId("refused").hidden = refusal === "";
  setText(byId("refused"), refusal === "" ? "" : t("me.failed", { detail: refusal }));
  return shownState(me);
}

function drawFlags(live) {
  const mine = [...live.flags.values()].filter((flag) => flag.agent === number);
  mine.sort((a, b) => b.raised_at.localeCompare(a.raised_at));
  const rows = mine.slice(0, 20).map((flag) => el("li", { class: "flag" },
    icon("flag"),
    el("div", {},
      el("strong", {}, `${flag.clause} · ${known(`flag.${flag.clause}`, "flag.other", { clause: flag.clause })}`),
      el("span", { class: "small" }, `${dayAndClock(flag.raised_at)} · ${t(`flag.state.${flag.state}`)}`))));
  byId("flags").replaceChildren(...(rows.length ? rows : [el("li", { class: "empty" }, t("flag.none"))]));
}

function draw(live, person) {
  number = person.agent ?? null;
  const state = drawMe(live, person);
  drawFlags(live);
  card.draw(live, number, state);
}

/** Reasons that the machine gives (after a call, after missed rings, for a return call) are not for people to choose. */
const MACHINES = ["acw", "missed", "callback"];

/** The centre's own reasons for a pause; without an answer the page keeps its defaults. */
async function offerReasons() {
  try {
    const { items } = await pauseReasons();
    const chosen = items.filter((reason) => !MACHINES.includes(reason));
    byId("reason").replaceChildren(...chosen.map((reason) => el("option", { value: reason, "data-text": `reason.${reason}` }, reasonWord(reason))));
  } catch {
    return; // Another try comes with the next visit.
  }
}

async function say(verb, body) {
  refusal = "";
  try {
    await presence(number, verb, body);
  } catch (error) {
    refusal = error.message;
  }
  byId("refused").hidden = refusal === "";
  setText(byId("refused"), refusal === "" ? "" : t("me.failed", { detail: refusal }));
}

byId("sign-in").addEventListener("click", () => void say("sign-in"));
byId("sign-out").addEventListener("click", () => void say("sign-out"));
byId("resume").addEventListener("click", () => void say("resume"));
byId("pause").addEventListener("click", () => void say("pause", { reason: byId("reason").value }));

await open(draw, (live) => card.beat(live));
void offerReasons();
