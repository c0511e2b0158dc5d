import type { Call, Offer } from "./messages";

/** A country's ring: the tone's length and the time from one tone to the next, in milliseconds (callcenter/calls/ring.py). */
export interface Cadence {
  tone: number;
  period: number;
}

const CADENCES: readonly (readonly [countries: string, cadence: Cadence])[] = [
  ["cn de it br nl no dk fi ee pl ru th tw ch cz gr id", { tone: 1000, period: 5000 }],
  ["us ca mx my", { tone: 2000, period: 6000 }],
  ["at se pt", { tone: 1000, period: 6000 }],
  ["be cl il", { tone: 1000, period: 4000 }],
  ["uk gb au in nz za sg", { tone: 1000, period: 3000 }],
  ["fr", { tone: 1500, period: 5000 }],
  ["es", { tone: 1500, period: 4500 }],
  ["hu", { tone: 1250, period: 5000 }],
  ["jp", { tone: 1000, period: 3000 }],
];
const CHINA: Cadence = { tone: 1000, period: 5000 };
/** Rings within which a phone is answered (policy R1), where the queue has no limit of its own. */
export const RING_LIMIT = 3;

export function cadenceOf(country: string | undefined): Cadence {
  return CADENCES.find(([countries]) => countries.split(" ").includes(country ?? ""))?.[1] ?? CHINA;
}

export interface Rings {
  /** Tones begun; 0 while the phone is being reached. */
  ring: number;
  /** Whether the last tone within the limit has ended. The flag itself is raised by the service. */
  late: boolean;
}

export function ringsOf(offer: Offer, now: number, cadence: Cadence = CHINA, limit = RING_LIMIT): Rings {
  if (offer.ringing_at === null) return { ring: 0, late: offer.late === true };
  const rung = now - Date.parse(offer.ringing_at);
  const ring = Math.max(1, Math.floor(rung / cadence.period) + 1);
  const end = (limit - 1) * cadence.period + cadence.tone;
  return { ring: Math.max(ring, offer.rings ?? 0), late: offer.late === true || rung >= end };
}

/** The offer that rings now: of one agent, or of any. */
export function openOffer(call: Call, agent: string | null = null): Offer | undefined {
  return call.offers.find(
    (offer) => offer.ended_at === null && offer.outcome === null && (agent === null || offer.agent === agent),
  );
}
