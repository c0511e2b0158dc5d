// The call that matters to one agent now: ringing at their phone, or being talked on.

import { calls as callsOf, lookUp } from "./api.js";
import { callerName, callerNumber } from "./caller.js";
import { el, icon, pill } from "./dom.js";
import { nameOf } from "./names.js";
import { CHINA, openOffer, ringsOf } from "./rings.js";
import { known, t } from "./texts.js";
import { dayAndClock } from "./times.js";

const LAST_CALLS = 5;

/** The customer's name from whatever the service knows: a file, a plain name, or nothing. */
function customerName(customer) {
  if (!customer) return "";
  return typeof customer === "string" ? customer : (customer.name ?? "");
}

export class CallCard {
  #place;
  #drawn = "";
  #offer = null;
  #history = new Map();
  #customer = { call: null, name: "" };

  constructor(place) {
    this.#place = place;
  }

  /** Draw again only when something a person can see has changed; the timers run by themselves. */
  draw(live, number, state) {
    const mine = [...live.calls.values()].filter((call) => !call.ended_at);
    const ringing = number === null ? undefined : mine.find((call) => openOffer(call, number));
    const talking = mine.find((call) => number !== null && call.agent === number && call.answered_at);
    const call = talking ?? ringing ?? null;
    this.#offer = call && call === ringing && !talking ? openOffer(call, number) : null;
    const history = call ? this.#historyOf(call, () => this.draw(live, number, state)) : null;
    if (call) this.#find(call, () => this.draw(live, number, state));
    const shown = [this.#customer, call && nameOf("line", call.line), state === "signed_out", call, this.#offer, history];
    const signature = JSON.stringify([document.documentElement.lang, ...shown]);
    if (signature === this.#drawn) return;
    this.#drawn = signature;
    this.#place.className = `card call ${call ? (this.#offer ? "incoming" : "talking") : "idle"}`;
    this.#place.replaceChildren(...(call ? this.#call(call, history) : idle(state)));
    this.beat(live);
  }

  /** The ring counter: 1, 2, 3, and a mark with icon and word when the third tone has ended. */
  beat(live) {
    const place = this.#place.querySelector(".rings");
    if (!place || !this.#offer) return;
    const { ring, late } = ringsOf(this.#offer, live.now());
    const signature = `${ring} ${late} ${document.documentElement.lang}`;
    if (place.dataset.drawn === signature) return;
    place.dataset.drawn = signature;
    const steps = Array.from({ length: CHINA.limit }, (_, index) =>
      el("li", { class: index < ring ? "on" : "", "aria-hidden": "true" }, String(index + 1)));
    const word = late ? t("ring.late") : ring ? t("ring.label", { ring }) : t("ring.none");
    place.className = `rings ${late ? "late" : ring >= CHINA.limit ? "last" : ""}`;
    place.replaceChildren(el("ol", { class: "steps" }, ...steps), late ? pill("bad", "alert", word) : pill("ring", "bell", word));
    this.#place.classList.toggle("late", late);
  }

  #call(call, history) {
    const facts = [
      ["call.line", call.line && nameOf("line", call.line)], ["call.queue", call.queue && nameOf("queue", call.queue)],
      ["call.customer", this.#customer.name || t("call.no_customer")],
    ].filter(([, value]) => value);
    const since = this.#offer ? call.arrived_at : call.answered_at;
    return [
      el("div", { class: "head" },
        el("h1", {}, icon(this.#offer ? "bell" : "phone"), t(this.#offer ? "call.incoming" : "call.talking")),
        el("p", { class: "timer" }, el("span", {}, t(this.#offer ? "call.waited" : "call.duration")), " ",
          el("time", { "data-since": since, "aria-live": "off" }, "0:00"))),
      el("p", { class: "number", dir: "ltr" }, callerNumber(call)),
      el("p", { class: "name" }, callerName(call)),
      this.#offer ? el("div", { class: "rings", "aria-live": "off" }) : null,
      el("dl", { class: "facts" }, ...facts.flatMap(([key, value]) => [el("dt", {}, t(key)), el("dd", {}, value)])),
      this.#offer ? el("p", { class: "hint" }, t("call.answer")) : null,
      el("h2", {}, t("call.last")),
      lastCalls(history),
    ].filter((part) => part !== null);
  }

  /** The customer's file by number, requested once per call; the card also works without it. */
  #find(call, again) {
    if (this.#customer.call === call.id || !call.caller_number) return;
    const asked = { call: call.id, name: "" };
    this.#customer = asked;
    lookUp(call.caller_number)
      .then((found) => {
        asked.name = customerName(found.customer);
        if (asked.name) again();
      })
      .catch(() => undefined);
  }

  /** The number's last calls, requested once per call; the card also works without them. */
  #historyOf(call, again) {
    if (!call.caller_number) return [];
    const found = this.#history.get(call.id);
    if (found !== undefined) return found;
    this.#history.clear();
    this.#history.set(call.id, null);
    callsOf({ number: call.caller_number, limit: LAST_CALLS + 1 })
      .then((page) => page.items.filter((item) => item.id !== call.id).slice(0, LAST_CALLS))
      .catch(() => "failed")
      .then((history) => {
        this.#history.set(call.id, history);
        again();
      });
    return null;
  }
}

function lastCalls(history) {
  if (history === null) return el("p", { class: "empty" }, "…");
  if (history === "failed") return el("p", { class: "empty" }, t("call.last_failed"));
  if (!history.length) return el("p", { class: "empty" }, t("call.last_none"));
  return el("ul", { class: "plain last" }, ...history.map((item) => el("li", {},
    el("time", { datetime: item.arrived_at }, dayAndClock(item.arrived_at)),
    el("span", {}, item.line ? nameOf("line", item.line) : "–"),
    el("span", {}, item.outcome ? known(`outcome.${item.outcome}`, "outcome.unknown") : "–"),
    el("span", { class: "small" }, item.agent ?? ""))));
}

function idle(state) {
  return [
    el("div", { class: "rest" }, icon("headset"),
      el("h1", {}, t("call.idle")),
      el("p", {}, t(state === "signed_out" ? "call.idle_out" : "call.idle_hint"))),
  ];
}
