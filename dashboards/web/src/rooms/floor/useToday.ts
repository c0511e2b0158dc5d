import { useQuery } from "@pinia/colada";
import { onScopeDispose } from "vue";

import { api, bodyOf } from "@/api/client";
import { useFloor } from "@/live/floor";

/** Records follow a call's end within a few seconds: the figures are read again then, and slowly otherwise. */
const LOOKS = [1500, 5000, 15_000];
const EVERY = 60_000;

/** Today's figures by the records; the day and the threshold are the service's (S1). */
export function useToday() {
  const floor = useFloor();
  const level = useQuery({
    key: ["service-level", "today"],
    query: () => bodyOf(api.GET("/api/v1/service-level", { params: { query: { today: true } } })),
  });
  let looks: ReturnType<typeof setTimeout>[] = [];
  const read = (): void => void level.refetch();
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
  return level;
}
