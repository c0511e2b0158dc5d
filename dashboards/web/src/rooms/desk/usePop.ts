import { useQuery, useQueryCache } from "@pinia/colada";
import { computed, onScopeDispose, ref, watch, type Ref } from "vue";

import { api, bodyOf, type Schemas } from "@/api/client";
import { useFloor } from "@/live/floor";
import type { Call } from "@/live/messages";

import { numberOf } from "./mine";

type Pop = Schemas["PopDelta"];

/** What the centre knows of the caller: it comes with the ring on the live feed, or is asked for once where it did not. */
export function usePop(call: Ref<Call | null>) {
  const floor = useFloor();
  const cache = useQueryCache();
  const id = computed(() => call.value?.id ?? "");
  const pop = useQuery({
    key: () => ["pop", id.value],
    enabled: () => id.value !== "" && call.value?.direction !== "internal",
    staleTime: 600_000,
    query: () => bodyOf(api.GET("/api/v1/calls/{id}/pop", { params: { path: { id: id.value } } })),
  });
  const stop = floor.watchDeltas((kind, data) => {
    if (kind === "pop") cache.setQueryData(["pop", (data as Pop).call], data as Pop);
  });
  onScopeDispose(stop);

  /** Which of several people behind the number it is: chosen by the agent, clear where there is one. */
  const chosen = ref<string | null>(null);
  watch(id, () => {
    chosen.value = null;
  });
  const customers = computed(() => pop.data.value?.customers ?? []);
  const customer = computed(() =>
    customers.value.length === 1
      ? (customers.value[0] ?? null)
      : (customers.value.find((each) => each.id === chosen.value) ?? null),
  );
  const number = computed(() => (call.value === null ? "" : numberOf(call.value)));

  return {
    number,
    customers,
    customer,
    choose: (customerId: string) => {
      chosen.value = customerId;
    },
    known: computed(() => pop.data.value ?? null),
    failed: computed(() => pop.status.value === "error"),
    refresh: () => pop.refetch(),
  };
}
