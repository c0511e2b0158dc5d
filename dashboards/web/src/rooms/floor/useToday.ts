import { useQuery } from "@pinia/colada";
import { computed, onScopeDispose, ref } from "vue";

import { api, bodyOf } from "@/api/client";
import { useFloor } from "@/live/floor";

/** Records follow a call's end within a few seconds: the figures are read again then, and slowly otherwise. */
const LOOKS = [1500, 5000, 15_000];
const EVERY = 60_000;

/** Calls `read` after each event that the day's figures may follow, and every minute. */
function useDayChanges(read: () => void): void {
  const floor = useFloor();
  let looks: ReturnType<typeof setTimeout>[] = [];
  const timer = setInterval(read, EVERY);
  const stop = floor.watchDeltas((kind, data) => {
    const ended = kind === "call" && (data as { ended_at: string | null }).ended_at !== null;
    if (!ended && kind !== "flag" && kind !== "snapshot") return;
    looks.forEach(clearTimeout);
    looks = LOOKS.map((wait) => setTimeout(read, wait));
  });
  onScopeDispose(() => {
    clearInterval(timer);
    looks.forEach(clearTimeout);
    stop();
  });
}

/** Today's figures by the records, of the centre or of one line; the day and the threshold are the service's (S1). */
export function useToday() {
  /** A line's code; empty for the whole centre. */
  const line = ref("");
  const figures = useQuery({
    key: () => ["figures", "now", line.value],
    query: () => {
      const query = line.value === "" ? {} : { line: line.value };
      return bodyOf(api.GET("/api/v1/figures/now", { params: { query } }));
    },
    placeholderData: (previous) => previous,
  });
  const level = useQuery({
    key: ["service-level", "today"],
    query: () => bodyOf(api.GET("/api/v1/service-level", { params: { query: { today: true } } })),
  });
  useDayChanges(() => {
    void figures.refetch();
    void level.refetch();
  });
  return {
    line,
    day: computed(() => figures.data.value),
    lateToday: computed(() => level.data.value?.late_rings ?? null),
    threshold: computed(() => figures.data.value?.threshold_seconds ?? 15),
  };
}
