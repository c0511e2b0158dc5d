/** How good the sound of a call is, and whose side spoils it: known only between this page and the PBX. */
export interface Quality {
  bars: 1 | 2 | 3 | 4;
  cause: "good" | "weak_network" | "bad_network" | "nothing_arrives" | "silent_microphone" | "silent_caller";
}

/** Counters of one moment (W3C WebRTC statistics), of the sound of a call. */
export interface Moment {
  received: number;
  lost: number;
  jitter: number;
  roundTrip: number | null;
  /** The part of our packets that the PBX missed of late. */
  lostThere: number | null;
  /** How loud the microphone and the other side are, 0 to 1; null where the browser does not say. */
  spoken: number | null;
  heard: number | null;
  /** Such as `opus`; empty where the browser does not say. */
  codec: string;
}

interface Entry {
  type: string;
  kind?: string;
  [name: string]: unknown;
}

const numberOf = (value: unknown): number | null => (typeof value === "number" ? value : null);

function codecOf(entry: Entry | undefined): string {
  const type = entry?.["mimeType"];
  return typeof type === "string"
    ? type
        .replace(/^audio\//i, "")
        .toLowerCase()
        .slice(0, 20)
    : "";
}

export function momentOf(entries: Iterable<Entry>): Moment {
  const moment: Moment = {
    received: 0,
    lost: 0,
    jitter: 0,
    roundTrip: null,
    lostThere: null,
    spoken: null,
    heard: null,
    codec: "",
  };
  const all = [...entries];
  for (const entry of all) {
    if (entry.kind !== "audio") continue;
    if (entry.type === "inbound-rtp") {
      moment.codec = codecOf(all.find((each) => each.type === "codec" && each["id"] === entry["codecId"]));
      moment.received = numberOf(entry["packetsReceived"]) ?? 0;
      moment.lost = numberOf(entry["packetsLost"]) ?? 0;
      moment.jitter = numberOf(entry["jitter"]) ?? 0;
      moment.heard = numberOf(entry["totalAudioEnergy"]);
    } else if (entry.type === "remote-inbound-rtp") {
      moment.roundTrip = numberOf(entry["roundTripTime"]);
      moment.lostThere = numberOf(entry["fractionLost"]);
    } else if (entry.type === "media-source") moment.spoken = numberOf(entry["totalAudioEnergy"]);
  }
  return moment;
}

/** Part of packets lost, jitter in seconds and round trip in seconds from which the sound is weak, and bad. */
const WEAK = { loss: 0.03, jitter: 0.03, roundTrip: 0.3 };
const BAD = { loss: 0.08, jitter: 0.06, roundTrip: 0.6 };

/** Between two moments some seconds apart. */
export function qualityOf(before: Moment, after: Moment): Quality {
  const received = after.received - before.received;
  const lost = Math.max(0, after.lost - before.lost);
  if (received <= 0) return { bars: 1, cause: "nothing_arrives" };
  const loss = Math.max(lost / (lost + received), after.lostThere ?? 0);
  const over = (limits: typeof WEAK): boolean =>
    loss >= limits.loss || after.jitter >= limits.jitter || (after.roundTrip ?? 0) >= limits.roundTrip;
  if (over(BAD)) return { bars: 1, cause: "bad_network" };
  if (over(WEAK)) return { bars: 2, cause: "weak_network" };
  // A microphone that is open is never exactly silent.
  if (after.spoken !== null && after.spoken === before.spoken) return { bars: 3, cause: "silent_microphone" };
  if (after.heard !== null && after.heard === before.heard) return { bars: 3, cause: "silent_caller" };
  return { bars: 4, cause: "good" };
}

/** The worse of two looks; the first bad word of a period is the one that is kept. */
export function worse(first: Quality | null, second: Quality): Quality {
  return first === null || second.bars < first.bars ? second : first;
}

/** What the service keeps of a period: milliseconds and percent, null where the browser does not say. */
export function sampleOf(first: Moment, last: Moment) {
  const received = last.received - first.received;
  const lost = Math.max(0, last.lost - first.lost);
  const rounded = (value: number | null): number | null => (value === null ? null : Math.round(value * 100) / 100);
  return {
    rtt_ms: rounded(last.roundTrip === null ? null : last.roundTrip * 1000),
    jitter_ms: received <= 0 ? null : rounded(last.jitter * 1000),
    loss_percent: received + lost <= 0 ? null : rounded((100 * lost) / (received + lost)),
    lost_there_percent: rounded(last.lostThere === null ? null : last.lostThere * 100),
    codec: last.codec,
  };
}
