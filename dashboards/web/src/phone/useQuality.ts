import { onScopeDispose, ref, watch } from "vue";

import { momentOf, qualityOf, type Moment, type Quality } from "./quality";
import { usePhone } from "./store";

const BEAT = 3000;

/** The quality of the call of this page, looked at every few seconds; null without a call. */
export function useQuality() {
  const phone = usePhone();
  const quality = ref<Quality | null>(null);
  let before: Moment | null = null;
  let timer: ReturnType<typeof setInterval> | undefined;

  async function look(): Promise<void> {
    const report = await phone.statistics();
    if (report === null) return;
    const after = momentOf([...(report as unknown as Map<string, { type: string; kind?: string }>).values()]);
    if (before !== null) quality.value = qualityOf(before, after);
    before = after;
  }

  function stop(): void {
    clearInterval(timer);
    before = null;
    quality.value = null;
  }

  watch(
    () => phone.talking?.state,
    (state) => {
      stop();
      if (state === "talking") timer = setInterval(() => void look(), BEAT);
    },
    { immediate: true },
  );
  onScopeDispose(stop);
  return quality;
}
