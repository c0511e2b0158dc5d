import { useQuery } from "@pinia/colada";
import { computed, ref, watch } from "vue";

import { api, bodyOf, type Schemas } from "@/api/client";
import { useReread } from "@/live/useReread";

export type Log = Schemas["HandoverLog"];

const NEWEST = 20;

/** The log that is open on the page, and the logs of late; read again when a handover moves on. */
export function useHandover(agent: string | null) {
  const chosen = ref<string | null>(null);
  const heads = useQuery({
    key: ["handovers"],
    query: () => bodyOf(api.GET("/api/v1/handovers", { params: { query: { limit: NEWEST } } })),
  });
  const list = computed(() => heads.data.value?.items ?? []);
  /** One's own log that is not over, else one that waits for a relief. */
  const first = computed(
    () =>
      list.value.find((head) => head.agent === agent && (head.state === "draft" || head.state === "offered")) ??
      list.value.find((head) => head.state === "offered") ??
      null,
  );
  /** A log stays in view once it was shown, also when it is signed. */
  watch(first, (head) => (chosen.value ??= head?.id ?? null), { immediate: true });
  const openLog = computed(() => chosen.value);
  const log = useQuery({
    key: () => ["handover", openLog.value ?? ""],
    enabled: () => openLog.value !== null,
    query: () => bodyOf(api.GET("/api/v1/handovers/{id}", { params: { path: { id: openLog.value ?? "" } } })),
  });

  const read = async (): Promise<void> => {
    await heads.refetch();
    if (openLog.value !== null) await log.refetch();
  };
  /** Who signs in, or whose shift begins, may sign from then on. */
  const concerns = (kind: string, data: unknown): boolean =>
    kind === "handover" || kind === "duty" || (kind === "agent" && (data as { number: string }).number === agent);
  useReread(concerns, read);

  async function begin(): Promise<void> {
    chosen.value = (await bodyOf(api.POST("/api/v1/handovers"))).id;
    await read();
  }

  return { list, openLog, log, read, begin, choose: (id: string) => (chosen.value = id) };
}
