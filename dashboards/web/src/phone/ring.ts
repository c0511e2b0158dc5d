import type { Cadence } from "@/live/rings";

/** Each tone is louder than the one before, up to the volume that the person chose. */
const STEPS = [0.4, 0.65, 1] as const;
const HERTZ = [440, 554] as const;
const EDGE = 0.02;

/** When the tones of a ring sound, in seconds from now, and how loud; none begins after the end. */
export function tonesOf(seconds: number, cadence: Cadence): { at: number; until: number; loud: number }[] {
  const [tone, period] = [cadence.tone / 1000, cadence.period / 1000];
  const count = Math.max(0, Math.ceil(seconds / period));
  return Array.from({ length: count }, (_, index) => ({
    at: index * period,
    until: Math.min(seconds, index * period + tone),
    loud: STEPS[Math.min(index, STEPS.length - 1)] ?? 1,
  }));
}

/**
 * The sound of a ring. All of it is given to the audio clock at once, with its end: a window whose timers sleep or
 * that misses the end of the call falls silent by itself.
 */
export function ring(context: AudioContext, seconds: number, cadence: Cadence, volume: number): () => void {
  const loudness = context.createGain();
  loudness.gain.value = 0;
  loudness.connect(context.destination);
  const begin = context.currentTime + EDGE;
  for (const { at, until, loud } of tonesOf(seconds, cadence)) {
    const level = (loud * volume) / 100 / HERTZ.length;
    loudness.gain.setValueAtTime(0, begin + at);
    loudness.gain.linearRampToValueAtTime(level, begin + at + EDGE);
    loudness.gain.setValueAtTime(level, Math.max(begin + at + EDGE, begin + until - EDGE));
    loudness.gain.linearRampToValueAtTime(0, Math.max(begin + at + 2 * EDGE, begin + until));
  }
  const voices = HERTZ.map((hertz) => {
    const voice = context.createOscillator();
    voice.frequency.value = hertz;
    voice.connect(loudness);
    voice.start(begin);
    voice.stop(begin + seconds);
    return voice;
  });
  voices[0]?.addEventListener("ended", () => {
    loudness.disconnect();
  });
  return () => {
    loudness.disconnect();
    for (const voice of voices) voice.disconnect();
  };
}
