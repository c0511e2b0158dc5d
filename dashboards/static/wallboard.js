// The wallboard: the whole floor at a glance, from across the room (S1).

import { callerName, callerNumber } from "./caller.js";
import { byId, el, icon, pill, setText } from "./dom.js";
import { open } from "./frame.js";
import { nameOf } from "./names.js";
import { openOffer, ringsOf } from "./rings.js";
import { ORDER, shownState, statePill, stateTone } from "./states.js";
import { known, t } from "./texts.js";
import { clock, dayAndClock, stretch } from "./times.js";
import { Today } from "./today.js";

/** A wait is long from the service level's threshold on (S1), and too long from four times that. */
const TOO_LONG_TIMES = 4;
const LEVEL_GOOD = 0.8;
const LEVEL_BAD = 0.6;
const MARKS = { good: "check", warn: "clock", bad: "alert" };
const WAITS = { good: "level.good", warn: "level.warn", bad: "level.bad" };
const LEVELS = { good: "level.good", warn: "level.low", bad: "level.too_low" };
const LATES = { good: "level.good", warn: "level.some_late", bad: "level.bad" };

let board = null;
const today = new Today(() => {
  if (board !== null) {
    drawFigures(board);
    drawFlags(board);
  }
});

function toneOfWait(since, now) {
  const seconds = since ? (now - Date.parse(since)) / 1000 : 0;
  const long = today.figures().seconds;
  return seconds >= TOO_LONG_TIMES * long ? "bad" : seconds >= long ? "warn" : "good";
}

function mark(tone, words = WAITS) {
  return pill(tone, MARKS[tone], t(words[tone]));
}

/** One large figure; its tone shows by icon and word as well as by colour, a note explains it. */
function figure(id, number, tone = "", note = "", words = WAITS) {
  const place = byId(id);
  place.className = `card figure ${tone}`;
  setText(place.querySelector(".number"), number);
  const line = place.querySelector(".mark");
  const said = `${tone} ${note} ${document.documentElement.lang}`;
  if (line.dataset.said === said) return;
  line.dataset.said = said;
  line.replaceChildren(...(tone ? [mark(tone, words)] : []), note);
}

function longestOf(live) {
  return [...live.queues.values()].map((queue) => queue.longest_since).filter(Boolean).sort()[0] ?? null;
}

function lateNow(live) {
  // While the service hears nothing from Asterisk, a ring that the clock calls late may have ended long ago.
  if (live.link.connected === false) return 0;
  const now = live.now();
  return [...live.calls.values()].filter((call) => {
    const offer = openOffer(call);
    return offer !== undefined && ringsOf(offer, now).late;
  }).length;
}

function drawFigures(live) {
  const now = live.now();
  const waiting = [...live.queues.values()].reduce((sum, queue) => sum + queue.waiting, 0);
  const longest = longestOf(live);
  const late = lateNow(live);
  // The newest are on the live feed before they are in the records; the feed does not keep a whole day, the records do.
  const flags = Math.max(today.figures().late ?? 0, lateCalls(live).length);
  const { answered, abandoned, level, seconds } = today.figures();
  figure("waiting", String(waiting), waiting ? toneOfWait(longest, now) : "good");
  figure("longest", longest ? stretch(now - Date.parse(longest)) : "0:00", toneOfWait(longest, now));
  figure("late", String(flags), late ? "bad" : flags ? "warn" : "good", t("wall.past_third_now", { now: late }), LATES);
  figure("answered", answered === null ? "–" : String(answered));
  figure("abandoned", abandoned === null ? "–" : String(abandoned));
  const tone = level === null ? "" : level >= LEVEL_GOOD ? "good" : level >= LEVEL_BAD ? "warn" : "bad";
  figure("level", level === null ? "–" : `${Math.round(level * 100)}%`, tone, t("wall.level_how", { seconds }), LEVELS);
}

function flagsToday(live) {
  const { since } = today.figures();
  const midnight = since === null ? new Date(live.now()).setHours(0, 0, 0, 0) : Date.parse(since);
  const counts = (flag) => flag.clause === "R1" && flag.state !== "annulled" && Date.parse(flag.raised_at) >= midnight;
  return [...live.flags.values()].filter(counts);
}

/** The calls that rang past the third ring today, the newest first: each once, however many phones rang for it. */
function lateCalls(live) {
  const calls = new Map();
  for (const flag of flagsToday(live)) calls.set(flag.call, [...(calls.get(flag.call) ?? []), flag]);
  const rows = [...calls.values()].map((flags) => ({
    clause: flags[0].clause,
    at: flags.map((flag) => flag.raised_at).sort()[0],
    agents: [...new Set(flags.map((flag) => flag.agent).filter(Boolean))],
  }));
  return rows.sort((a, b) => b.at.localeCompare(a.at));
}

function table(heads, rows) {
  return el("table", {},
    el("thead", {}, el("tr", {}, ...heads.map((head) => el("th", { scope: "col" }, head)))),
    el("tbody", {}, ...rows));
}

function drawQueues(live) {
  const queues = [...live.queues.values()].sort((a, b) => a.code.localeCompare(b.code));
  const rows = queues.map((queue) => {
    const tone = queue.waiting ? toneOfWait(queue.longest_since, live.now()) : "good";
    return el("tr", { class: tone },
      el("th", { scope: "row" }, nameOf("queue", queue.code)),
      el("td", { class: "big" }, String(queue.waiting)),
      el("td", { class: "big" }, queue.longest_since ? el("time", { "data-since": queue.longest_since }) : "–"),
      el("td", { class: "big" }, String(queue.agents_free)),
      el("td", {}, mark(tone)));
  });
  const heads = ["wall.queue", "wall.waiting", "wall.longest", "wall.free", "wall.status"].map((key) => t(key));
  byId("queues").replaceChildren(rows.length ? table(heads, rows) : el("p", { class: "empty" }, t("wall.no_queues")));
}

/** One agent; an agent who is not on duty is grey, whatever their phone does. */
function person(agent, tone) {
  return el("li", { class: `person ${tone}` },
    el("span", { class: "name" }, agent.name || agent.number),
    el("span", { class: "small" }, agent.number),
    statePill(agent, tone),
    agent.since && agent.state !== "signed_out" ? el("time", { "data-since": agent.since }) : el("span", {}, ""));
}

function drawAgents(live) {
  const agents = [...live.agents.values()].sort((a, b) =>
    ORDER.indexOf(shownState(a)) - ORDER.indexOf(shownState(b)) || a.number.localeCompare(b.number));
  const duty = new Set(Object.values(live.duty).flat());
  // Before the roster is known no one is shown as off duty: an empty roster still has its lines.
  const known = Object.keys(live.duty).length > 0;
  const off = (agent) => known && !duty.has(agent.number);
  setText(byId("on-duty"), t("wall.on_duty", { count: duty.size }));
  const people = agents.filter((agent) => !off(agent)).map((agent) => person(agent, stateTone(agent)));
  const others = agents.filter(off).map((agent) => person(agent, "off"));
  byId("agents").replaceChildren(...(people.length ? people : [el("li", { class: "empty" }, t("wall.no_agents"))]));
  byId("off-duty").replaceChildren(...others);
  byId("off-duty").hidden = byId("off-duty-title").hidden = others.length === 0;
}

/** What the call is doing, since when, and how it looks. */
function stageOf(call, now) {
  const offer = openOffer(call);
  if (call.answered_at) return ["talking", call.answered_at, "busy", "phone"];
  if (offer) return ["ringing", offer.ringing_at ?? offer.offered_at, ringsOf(offer, now).late ? "bad" : "ring", "bell"];
  if (call.queued_at) return ["waiting", call.queued_at, toneOfWait(call.queued_at, now), "clock"];
  return ["arrived", call.arrived_at, "calm", "clock"];
}

function drawCalls(live) {
  const now = live.now();
  const calls = [...live.calls.values()].sort((a, b) => a.arrived_at.localeCompare(b.arrived_at));
  const rows = calls.map((call) => {
    const [stage, since, tone, name] = stageOf(call, now);
    const late = tone === "bad" ? ` · ${t("ring.late_word")}` : tone === "warn" ? ` · ${t("level.warn")}` : "";
    const agent = call.agent ?? openOffer(call)?.agent;
    return el("tr", { class: tone },
      el("th", { scope: "row" }, el("span", { dir: "ltr" }, callerNumber(call)),
        callerName(call) ? el("span", { class: "small" }, ` ${callerName(call)}`) : null),
      el("td", {}, call.line ? nameOf("line", call.line) : "–"),
      el("td", {}, agent ? (live.agents.get(agent)?.name || agent) : "–"),
      el("td", {}, pill(tone, tone === "bad" ? "alert" : name, `${t(`stage.${stage}`)}${late}`)),
      el("td", { class: "big" }, el("time", { "data-since": since })));
  });
  const heads = ["wall.caller", "wall.line", "wall.agent", "wall.stage", "wall.time"].map((key) => t(key));
  byId("calls").replaceChildren(rows.length ? table(heads, rows) : el("p", { class: "empty" }, t("wall.no_calls")));
}

function drawFlags(live) {
  const rows = lateCalls(live).slice(0, 6).map((late) => el("li", { class: "flag" }, icon("flag"),
    el("div", {},
      el("strong", {}, late.agents.map((agent) => live.agents.get(agent)?.name || agent).join(" · ") || "–"),
      el("span", { class: "small" }, `${late.clause} · ${known(`flag.${late.clause}`, "flag.other", { clause: late.clause })}`)),
    el("time", { class: "small", datetime: late.at }, dayAndClock(late.at))));
  byId("flags").replaceChildren(...(rows.length ? rows : [el("li", { class: "empty" }, t("wall.no_flags"))]));
}

function draw(live, person, { kind, data }) {
  board = live;
  if (kind === "snapshot") void today.ask();
  if (kind === "flag" || (kind === "call" && data.ended_at)) today.soon();
  drawFigures(live);
  drawQueues(live);
  drawCalls(live);
  drawAgents(live);
  drawFlags(live);
}

let beats = 0;

/** Between messages the clock alone moves things on: waits grow long and rings grow late. */
function beat(live) {
  setText(byId("clock"), clock(live.now()));
  drawFigures(live);
  beats += 1;
  if (beats % 4 === 0) {
    drawQueues(live);
    drawCalls(live);
    for (const time of document.querySelectorAll("time[data-since]")) setText(time, stretch(live.now() - Date.parse(time.dataset.since)));
  }
}

await open(draw, beat);
