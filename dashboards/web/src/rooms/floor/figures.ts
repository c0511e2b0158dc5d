import type { Schemas } from "@/api/client";
import type { Queue } from "@/live/messages";
import type { TextKey } from "@/texts";
import { stretch } from "@/texts/times";

import { TOO_LONG_TIMES } from "./urgent";

export type Figures = Schemas["FiguresShape"];
type Tone = "" | "good" | "warn" | "bad";
type Text = readonly [key: TextKey, places?: Readonly<Record<string, string | number>>];

/** A half hour of today beside the same half hour a week ago; null where the day has not come so far. */
interface Curve {
  today: readonly number[];
  before: readonly number[];
}

export interface Figure {
  id: string;
  name: TextKey;
  value: string;
  tone: Tone;
  notes: readonly Text[];
  curve?: Curve;
}

interface Picture {
  queues: readonly Queue[];
  /** Undefined until the service has answered: a dash then stands for each figure of the day, a wrong zero is worse. */
  day: Figures | undefined;
  lateToday: number | null;
  lateNow: number;
  now: number;
  /** The centre's own limits; without them the usual ones hold. */
  limits?: Schemas["ThresholdShape"] | undefined;
}

const USUAL_LEVEL = { warn: 0.8, bad: 0.6 };
const HALF_HOURS = 48;
const UNKNOWN = "–";

function percent(share: number | null | undefined): string {
  return share == null ? UNKNOWN : `${String(Math.round(share * 100))}%`;
}

function seconds(value: number | null | undefined): string {
  return value == null ? UNKNOWN : stretch(Math.round(value) * 1000);
}

function count(value: number | null | undefined): string {
  return value == null ? UNKNOWN : String(value);
}

interface Limits {
  warn: number | null;
  bad: number | null;
}

/** The colour of a figure that is the worse the higher it is; a limit that is null colours nothing. */
function toneAbove(value: number, { warn, bad }: Limits, good: Tone = ""): Tone {
  if (bad !== null && value >= bad) return "bad";
  return warn !== null && value >= warn ? "warn" : good;
}

function levelTone(level: number | null | undefined, { warn, bad }: Limits): Tone {
  if (level == null || (warn === null && bad === null)) return "";
  if (bad !== null && level < bad) return "bad";
  return warn !== null && level < warn ? "warn" : "good";
}

/** Today's half hours up to now and all of the day a week ago. */
export function curveOf(day: Figures, part: "offered" | "answered" | "abandoned"): Curve {
  const whole = Array.from({ length: HALF_HOURS }, () => 0);
  const fill = (steps: Figures["curve"]): number[] =>
    whole.map((nothing, index) => steps.find((step) => step.start === index)?.[part] ?? nothing);
  const passed = Math.floor((Date.parse(day.as_of) - Date.parse(day.since)) / 1_800_000) + 1;
  return { today: fill(day.curve).slice(0, passed), before: fill(day.week_ago_curve) };
}

/** What the head of the floor and of the wall shows: this moment first, then the day against the same weekday. */
export function figuresOf({ queues, day, lateToday, lateNow, now, limits }: Picture): Figure[] {
  const waiting = queues.reduce((sum, queue) => sum + queue.waiting, 0);
  const longest = queues
    .map((queue) => queue.longest_since)
    .filter((since) => since !== null)
    .sort()[0];
  const waited = longest === undefined ? 0 : Math.max(0, now - Date.parse(longest));
  const threshold = day?.threshold_seconds ?? 15;
  const usualWait = { warn: threshold, bad: TOO_LONG_TIMES * threshold };
  const wait = limits === undefined ? usualWait : { warn: limits.wait_warn_seconds, bad: limits.wait_bad_seconds };
  const waitTone = toneAbove(waited / 1000, wait, waiting > 0 ? "" : "good");
  const crowd = limits === undefined ? null : { warn: limits.waiting_warn, bad: limits.waiting_bad };
  const level = limits === undefined ? USUAL_LEVEL : { warn: limits.level_warn, bad: limits.level_bad };
  const lost = { warn: limits?.abandoned_warn ?? null, bad: limits?.abandoned_bad ?? null };
  const free = queues.reduce((most, queue) => Math.max(most, queue.agents_free), 0);
  const [today, before] = [day?.today, day?.week_ago];
  const asked = today === undefined ? 0 : today.answered + today.abandoned;
  const working = (day?.agents["on_call"] ?? 0) + (day?.agents["wrap_up"] ?? 0);
  const against = (value: string): readonly Text[] => (value === UNKNOWN ? [] : [["figure.before", { value }]]);
  return [
    {
      id: "waiting",
      name: "figure.waiting",
      value: String(waiting),
      tone: crowd === null ? waitTone : toneAbove(waiting, crowd, waiting > 0 ? "" : "good"),
      notes: [["figure.free", { free }]],
    },
    { id: "longest", name: "figure.longest", value: stretch(waited), tone: waitTone, notes: [] },
    {
      id: "late",
      name: "figure.late",
      value: count(lateToday),
      tone: lateNow > 0 ? "bad" : (lateToday ?? 0) > 0 ? "warn" : "good",
      notes: [["figure.late_now", { now: lateNow }]],
    },
    {
      id: "level",
      name: "figure.level",
      value: percent(today?.service_level),
      tone: levelTone(today?.service_level, level),
      notes: [["figure.level_how", { seconds: threshold }], ...against(percent(before?.service_level))],
    },
    {
      id: "answered",
      name: "figure.answered",
      value: count(today?.answered),
      tone: "",
      notes: against(count(before?.answered)),
      ...(day === undefined ? {} : { curve: curveOf(day, "answered") }),
    },
    {
      id: "abandoned",
      name: "figure.abandoned",
      value: count(today?.abandoned),
      tone: today === undefined || asked === 0 ? "" : toneAbove(today.abandoned / asked, lost),
      notes: [
        ["figure.share", { share: today === undefined || asked === 0 ? UNKNOWN : percent(today.abandoned / asked) }],
        ...against(count(before?.abandoned)),
      ],
      ...(day === undefined ? {} : { curve: curveOf(day, "abandoned") }),
    },
    {
      id: "asa",
      name: "figure.asa",
      value: seconds(today?.asa_seconds),
      tone: "",
      notes: against(seconds(before?.asa_seconds)),
    },
    {
      id: "aht",
      name: "figure.aht",
      value: seconds(today?.aht_seconds),
      tone: "",
      notes: against(seconds(before?.aht_seconds)),
    },
    {
      id: "occupancy",
      name: "figure.occupancy",
      // While the link to the PBX is lost nobody knows who talks.
      value: day === undefined || !day.live ? UNKNOWN : percent(day.occupancy),
      tone: "",
      notes: [["figure.working", { count: working }]],
    },
  ];
}
