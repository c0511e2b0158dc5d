import { useQuery } from "@pinia/colada";
import { computed } from "vue";

import { useAct } from "@/api/act";
import { api, bodyOf } from "@/api/client";
import { useReread } from "@/live/useReread";

import type { Entry, EntryBody } from "./entries";

const PAGE = 500;

/** A plan with its entries and its review; each change is kept by the service at once, so nothing is lost with the page. */
export function usePlan(id: () => string) {
  const { busy, refusal, act } = useAct();
  const params = computed(() => ({ path: { id: id() } }));
  const plan = useQuery({
    key: () => ["roster-plan", id()],
    staleTime: 0,
    query: () => bodyOf(api.GET("/api/v1/roster/plans/{id}", { params: params.value })),
  });
  const isDraft = computed(() => plan.data.value?.state === "draft");
  const review = useQuery({
    key: () => ["roster-review", id()],
    enabled: () => isDraft.value,
    staleTime: 0,
    query: () => bodyOf(api.GET("/api/v1/roster/plans/{id}/review", { params: params.value })),
    placeholderData: (previous) => previous,
  });
  const agents = useQuery({
    key: ["agents"],
    query: () => bodyOf(api.GET("/api/v1/agents", { params: { query: { active: true, limit: PAGE } } })),
    staleTime: 600_000,
  });
  const patterns = useQuery({
    key: ["roster-patterns"],
    query: () => bodyOf(api.GET("/api/v1/roster/patterns")),
  });

  const read = async (): Promise<void> => {
    await plan.refetch();
    if (isDraft.value) await review.refetch();
  };
  // A swap, a leave or another publication changes what this plan would do.
  useReread((kind) => kind === "duty" || kind === "roster_request" || kind === "roster_published", read);

  async function put(entries: EntryBody[]): Promise<void> {
    // The version that was read last is named by the client (If-Match).
    const named = { ...params.value, header: {} as { "If-Match": string } };
    const body = { note: null, entries };
    await act(() => api.PUT("/api/v1/roster/plans/{id}", { params: named, body }));
    await read();
  }

  let turn: Promise<unknown> = Promise.resolve();
  /**
   * Change the entries. Changes that follow quickly take turns, each on what the one before has left; what another
   * person has changed meanwhile is not overwritten, and is read.
   */
  function change(next: (entries: readonly Entry[]) => EntryBody[]): void {
    turn = turn.then(() => put(next(plan.data.value?.entries ?? []))).catch(() => undefined);
  }

  const colleagues = computed(() => agents.data.value?.items ?? []);
  return {
    plan,
    review,
    isDraft,
    patterns: computed(() => patterns.data.value?.items ?? []),
    readPatterns: () => patterns.refetch(),
    colleagues,
    nameOf: (number: string): string => colleagues.value.find((agent) => agent.number === number)?.name ?? number,
    busy,
    refusal,
    change,
    read,
  };
}
