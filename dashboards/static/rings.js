// The ring rule R1 on the screen: how many tones have begun, and whether the third has ended.
// It is only the display; the flag itself is raised by the service.

/** A ring in mainland China: 1 s of tone and 4 s of silence (policy R1). */
export const CHINA = { tone: 1000, period: 5000, limit: 3 };

/** Tones begun at `now`, and whether the offer is late by the service's word or by the clock. */
export function ringsOf(offer, now, cadence = CHINA) {
  if (!offer.ringing_at) return { ring: 0, late: offer.late === true };
  const rung = now - Date.parse(offer.ringing_at);
  const ring = Math.max(1, Math.floor(rung / cadence.period) + 1);
  const end = (cadence.limit - 1) * cadence.period + cadence.tone;
  return { ring: Math.max(ring, offer.rings ?? 0), late: offer.late === true || rung >= end };
}

/** The offer that rings now, of one agent or of any. */
export function openOffer(call, number = null) {
  return (call.offers ?? []).find((offer) => !offer.ended_at && !offer.outcome && (number === null || offer.agent === number));
}
