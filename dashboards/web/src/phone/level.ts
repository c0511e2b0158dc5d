import { onScopeDispose, ref, watch, type Ref } from "vue";

import { audio } from "./sound";

const BEAT = 120;

/** How loud a microphone is, 0 to 1, while it is open. */
export function useLevel(stream: Ref<MediaStream | null>): Readonly<Ref<number>> {
  const level = ref(0);
  let stop: (() => void) | null = null;

  function listen(to: MediaStream): () => void {
    const ear = audio();
    const source = ear.createMediaStreamSource(to);
    const analyser = ear.createAnalyser();
    analyser.fftSize = 1024;
    source.connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
      // From -60 dB (silence of a room) to 0 dB.
      level.value = Math.min(1, Math.max(0, 1 + (10 * Math.log10(power + 1e-9)) / 60));
    }, BEAT);
    return () => {
      clearInterval(timer);
      source.disconnect();
      level.value = 0;
    };
  }

  watch(
    stream,
    (next) => {
      stop?.();
      stop = next === null ? null : listen(next);
    },
    { immediate: true },
  );
  onScopeDispose(() => stop?.());
  return level;
}
