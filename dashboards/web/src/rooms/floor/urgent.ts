import type { Schemas } from "@/api/client";
import type { Agent, Call, Duty, Queue } from "@/live/messages";
import { openOffer, type Rings } from "@/live/rings";
import { shownState } from "@/live/states";
import type { Hand } from "@/live/team";
import type { Break } from "@/rooms/attendance/breaks";
import { lasts, type Finding } from "@/rooms/attendance/findings";

/** A wait is too long from four times the service level's threshold on (S1). */
export const TOO_LONG_TIMES = 4;
/** Time after a call beyond which it looks forgotten, in milliseconds. */
const STUCK = 180_000;

/** Kinds in the order of their harm: a caller who is being lost stands before a desk that is only idle. */
const KINDS = [
  "alarm",
  "late",
  "hand",
  "long_wait",
  "uncovered",
  "left_post",
  "absent",
  "late_shift",
  "over_break",
  "missed",
  "cannot_ring",
  "unreachable",
  "page_gone",
  "stuck",
] as const;
type UrgentKind = (typeof KINDS)[number];

/** One thing that needs the supervisor now, with what its row shows. */
export interface Urgent {
  kind: UrgentKind;
  id: string;
  /** Since when, as an instant; null when the service does not know. */
  since: string | null;
  agent: string | null;
  queue: string | null;
  caller: string | null;
  alarm: Schemas["AlarmShape"] | null;
  /** What the agent wrote. */
  text: string;
}

interface Picture {
  /** Those that are up. */
  hands: readonly Hand[];
  calls: Iterable<Call>;
  agents: Iterable<Agent>;
  queues: Iterable<Queue>;
  duty: Duty;
  alarms: readonly Schemas["AlarmShape"][];
  /** Those that are open. */
  breaks: readonly Break[];
  findings: readonly Finding[];
  /** Whether rings can be trusted: without the link a ring may have ended long ago. */
  linked: boolean;
  /** The service level's threshold in seconds. */
  threshold: number;
  now: number;
  rings: (call: Call) => Rings;
}

const ABSENCES: Readonly<Partial<Record<Finding["kind"], UrgentKind>>> = {
  late: "late_shift",
  absent: "absent",
  left_post: "left_post",
};
const NOTHING = { agent: null, queue: null, caller: null, alarm: null, since: null, text: "" };

function ofCall(call: Call, picture: Picture): Urgent[] {
  const offer = openOffer(call);
  if (offer !== undefined && picture.linked && picture.rings(call).late) {
    const since = offer.ringing_at ?? offer.offered_at;
    return [
      {
        ...NOTHING,
        kind: "late",
        id: call.id,
        since,
        agent: offer.agent,
        queue: call.queue,
        caller: call.caller_number,
      },
    ];
  }
  const waits = call.answered_at === null && call.queued_at !== null && call.ended_at === null;
  if (!waits || call.queued_at === null) return [];
  const waited = (picture.now - Date.parse(call.queued_at)) / 1000;
  if (waited < TOO_LONG_TIMES * picture.threshold) return [];
  return [
    {
      ...NOTHING,
      kind: "long_wait",
      id: call.id,
      since: call.queued_at,
      queue: call.queue,
      caller: call.caller_number,
    },
  ];
}

/** Callers of a queue for whom no phone rings: the one whose phone rings is being served. */
export function unserved(queue: Queue, calls: Iterable<Call>): number {
  const ringing = [...calls].filter((call) => call.queue === queue.code && openOffer(call) !== undefined);
  return Math.max(0, queue.waiting - ringing.length);
}

function ofQueue(queue: Queue, calls: readonly Call[]): Urgent[] {
  if (unserved(queue, calls) === 0 || queue.agents_free > 0) return [];
  return [{ ...NOTHING, kind: "uncovered", id: queue.code, since: queue.longest_since, queue: queue.code }];
}

/** Why the next call may ring unheard at this desk: the page makes no sound, or it was closed without signing out. */
export function deskMark(agent: Pick<Agent, "state" | "page">): "cannot_ring" | "page_gone" | null {
  if (agent.state === "signed_out") return null;
  return agent.page === "silent" ? "cannot_ring" : agent.page === "gone" ? "page_gone" : null;
}

function ofAgent(agent: Agent, picture: Picture): Urgent[] {
  const row = { ...NOTHING, id: agent.number, since: agent.since, agent: agent.number };
  const state = shownState(agent);
  if (state === "unreachable") return [{ ...row, kind: "unreachable" }];
  if (state === "paused" && agent.reason === "missed") return [{ ...row, kind: "missed" }];
  const mark = deskMark(agent);
  if (mark !== null && state !== "paused") return [{ ...row, kind: mark, since: null }];
  const age = agent.since === null ? 0 : picture.now - Date.parse(agent.since);
  return state === "wrap_up" && age > STUCK ? [{ ...row, kind: "stuck" }] : [];
}

/** An agent who should be at the desk and is not; whom a break keeps away stands there by the break itself. */
function ofFinding(finding: Finding, now: number): Urgent[] {
  const kind = ABSENCES[finding.kind];
  if (kind === undefined || !lasts(finding, now)) return [];
  return [{ ...NOTHING, kind, id: finding.id, since: finding.at, agent: finding.agent }];
}

/** A break of which the service has notified the leaders: its agent was notified before. */
function ofBreak(row: Break): Urgent[] {
  if (row.state !== "taken" || row.over !== "leaders") return [];
  return [{ ...NOTHING, kind: "over_break", id: row.id, since: row.until, agent: row.agent }];
}

/** What needs the supervisor now, the worst first and within a kind the oldest. Only people on duty count. */
export function urgentOf(picture: Picture): Urgent[] {
  const onDuty = new Set(Object.values(picture.duty).flat());
  const calls = [...picture.calls];
  const rows = [
    ...picture.alarms.map((alarm): Urgent => ({
      ...NOTHING,
      kind: "alarm",
      id: alarm.id,
      since: alarm.since,
      alarm,
    })),
    ...picture.hands.map((hand): Urgent => ({
      ...NOTHING,
      kind: "hand",
      id: hand.id,
      since: hand.raised_at,
      agent: hand.agent,
      text: hand.text,
    })),
    ...calls.flatMap((call) => ofCall(call, picture)),
    ...picture.findings.flatMap((finding) => ofFinding(finding, picture.now)),
    ...picture.breaks.flatMap(ofBreak),
    ...[...picture.queues].flatMap((queue) => ofQueue(queue, calls)),
    ...[...picture.agents].filter((agent) => onDuty.has(agent.number)).flatMap((agent) => ofAgent(agent, picture)),
  ];
  return rows.sort(
    (a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || (a.since ?? "").localeCompare(b.since ?? ""),
  );
}
