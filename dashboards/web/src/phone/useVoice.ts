import { defineStore } from "pinia";
import { onScopeDispose, ref, watch } from "vue";

import { api, type Schemas } from "@/api/client";
import { Refusal } from "@/api/refusal";
import { now } from "@/live/clock";

import { momentOf, qualityOf, sampleOf, worse, type Moment, type Quality } from "./quality";
import { usePhone } from "./store";

type Sample = Schemas["QualitySample"];

const BEAT = 3000;
/** Looks that make one sample: a quarter of a minute. */
const LOOKS = 5;
/** Samples that wait for the service while it is away: what one request may bring. */
const MOST_WAITING = 60;

/** How the call of this page sounds now; null without a call. */
export const useVoiceQuality = defineStore("voice-quality", () => ({ quality: ref<Quality | null>(null) }));

/**
 * Looks at the sound of the call every few seconds and reports it to the service once a period, the rest when the call
 * ends. `call` is the call that is spoken on.
 */
export function useVoiceReports(call: () => string | null): void {
  const phone = usePhone();
  const voice = useVoiceQuality();
  const waiting = new Map<string, Sample[]>();
  let timer: ReturnType<typeof setInterval> | undefined;
  let before: Moment | null = null;
  let period: { call: string; since: number; first: Moment; worst: Quality | null; looks: number } | null = null;

  async function look(): Promise<void> {
    const of = call();
    const report = await phone.statistics();
    if (report === null || of === null || of !== call()) return;
    const after = momentOf([...(report as unknown as Map<string, { type: string; kind?: string }>).values()]);
    const quality = before === null ? null : qualityOf(before, after);
    if (quality !== null) voice.quality = quality;
    before = after;
    period ??= { call: of, since: now(), first: after, worst: null, looks: 0 };
    if (quality === null) return;
    period.worst = worse(period.worst, quality);
    period.looks += 1;
    if (period.looks >= LOOKS) {
      close();
      period = { call: of, since: now(), first: after, worst: null, looks: 0 };
    }
  }

  /** What was measured since the period began becomes a sample. */
  function close(): void {
    if (period !== null && period.worst !== null && before !== null) {
      const seconds = Math.max(1, Math.round((now() - period.since) / 1000));
      const at = new Date(period.since).toISOString();
      const samples = waiting.get(period.call) ?? [];
      const measured = sampleOf(period.first, before);
      waiting.set(
        period.call,
        [...samples, { at, seconds: Math.min(60, seconds), ...measured, cause: period.worst.cause }].slice(
          -MOST_WAITING,
        ),
      );
      void send();
    }
    period = null;
  }

  async function send(): Promise<void> {
    for (const [id, samples] of [...waiting]) {
      waiting.delete(id);
      try {
        await api.POST("/api/v1/calls/{id}/quality", { params: { path: { id } }, body: { samples } });
      } catch (error) {
        // A service that was away gets them with the next; what it refuses is not offered again.
        const more = waiting.get(id) ?? [];
        if (!(error instanceof Refusal) || error.status >= 500)
          waiting.set(id, [...samples, ...more].slice(-MOST_WAITING));
      }
    }
  }

  function stop(): void {
    clearInterval(timer);
    close();
    before = null;
    voice.quality = null;
  }

  watch(
    // Each by itself: one list of them would be another list after every change of the floor, and begin the period again.
    [() => phone.talking?.id, () => phone.talking?.state, call],
    () => {
      stop();
      if (phone.talking?.state === "talking") timer = setInterval(() => void look(), BEAT);
    },
    { immediate: true },
  );
  onScopeDispose(stop);
}
