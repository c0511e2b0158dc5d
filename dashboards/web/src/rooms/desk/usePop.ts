import { useQuery } from "@pinia/colada";
import { computed, type Ref } from "vue";

import { api, bodyOf } from "@/api/client";
import type { Call } from "@/live/messages";

const LAST_CALLS = 6;

/** What the records know of the caller, asked for once per call; the call itself is shown without waiting for any of it. */
export function usePop(call: Ref<Call | null>) {
  const id = computed(() => call.value?.id ?? "");
  const number = computed(() => {
    const each = call.value;
    if (each === null) return "";
    return each.direction === "outbound" ? each.called_number : each.caller_number;
  });
  const key = (part: string) => () => ["pop", part, id.value, number.value];
  const hasNumber = () => number.value !== "";

  const lookup = useQuery({
    key: key("customer"),
    enabled: hasNumber,
    query: () => bodyOf(api.GET("/api/v1/customers/lookup", { params: { query: { number: number.value } } })),
  });
  const cases = useQuery({
    key: key("cases"),
    enabled: () => id.value !== "",
    query: () => bodyOf(api.GET("/api/v1/cases/offered", { params: { query: { call: id.value } } })),
  });
  const returns = useQuery({
    key: key("returns"),
    enabled: hasNumber,
    query: () =>
      bodyOf(api.GET("/api/v1/callbacks", { params: { query: { number: number.value, open: true, limit: 5 } } })),
  });
  const unusual = useQuery({
    key: key("unusual"),
    enabled: hasNumber,
    query: () => bodyOf(api.GET("/api/v1/unusual-customers/known", { params: { query: { number: number.value } } })),
  });
  const history = useQuery({
    key: key("history"),
    enabled: hasNumber,
    query: () =>
      bodyOf(api.GET("/api/v1/calls", { params: { query: { number: number.value, limit: LAST_CALLS + 1 } } })),
  });

  return {
    number,
    lookup,
    customer: computed(() => lookup.data.value?.customer ?? null),
    place: computed(() => lookup.data.value?.place ?? ""),
    cases: computed(() => cases.data.value?.items ?? null),
    casesFailed: computed(() => cases.status.value === "error"),
    returns: computed(() => returns.data.value?.items ?? []),
    unusual: computed(() => unusual.data.value?.items ?? []),
    history: computed(
      () => history.data.value?.items.filter((item) => item.id !== id.value).slice(0, LAST_CALLS) ?? null,
    ),
    historyFailed: computed(() => history.status.value === "error"),
  };
}
