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
}

const GOOD = 0.8;
const LOW = 0.6;
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

function waitTone(waiting: number, waited: number, threshold: number): Tone {
  if (waited >= TOO_LONG_TIMES * threshold * 1000) return "bad";
  if (waited >= threshold * 1000) return "warn";
  return waiting > 0 ? "" : "good";
}

function levelTone(level: number | null | undefined): Tone {
  if (level == null) return "";
  return level >= GOOD ? "good" : level >= LOW ? "warn" : "bad";
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
export function figuresOf({ queues, day, lateToday, lateNow, now }: Picture): Figure[] {
  const waiting = queues.reduce((sum, queue) => sum + queue.waiting, 0);
  const longest = queues
    .map((queue) => queue.longest_since)
    .filter((since) => since !== null)
    .sort()[0];
  const waited = longest === undefined ? 0 : Math.max(0, now - Date.parse(longest));
  const threshold = day?.threshold_seconds ?? 15;
  const tone = waitTone(waiting, waited, threshold);
  const free = queues.reduce((most, queue) => Math.max(most, queue.agents_free), 0);
  const [today, before] = [day?.today, day?.week_ago];
  const asked = today === undefined ? 0 : today.answered + today.abandoned;
  const working = (day?.agents["on_call"] ?? 0) + (day?.agents["wrap_up"] ?? 0);
  const against = (value: string): readonly Text[] => (value === UNKNOWN ? [] : [["figure.before", { value }]]);
  return [
    { id: "waiting", name: "figure.waiting", value: String(waiting), tone, notes: [["figure.free", { free }]] },
    { id: "longest", name: "figure.longest", value: stretch(waited), tone, notes: [] },
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
      tone: levelTone(today?.service_level),
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
      tone: "",
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
