import { useQuery } from "@pinia/colada";
import { computed, onScopeDispose, watch } from "vue";

import { api, bodyOf } from "@/api/client";

import { underWay } from "./reports";

/** How often the list is read while a delivery is on its way, and otherwise: reports are sent without a page. */
const SOON = 3_000;
const CALM = 60_000;

/** The saved reports with their newest deliveries, and the kinds that this person may schedule. */
export function useReports() {
  const list = useQuery({ key: ["scheduled-reports"], query: () => bodyOf(api.GET("/api/v1/scheduled-reports")) });
  const kinds = useQuery({
    key: ["scheduled-report-kinds"],
    query: () => bodyOf(api.GET("/api/v1/scheduled-report-kinds")),
  });
  const reports = computed(() => list.data.value?.items ?? []);
  const soon = computed(() => underWay(reports.value));
  let timer: ReturnType<typeof setInterval> | undefined;
  watch(
    soon,
    (now) => {
      clearInterval(timer);
      timer = setInterval(() => void list.refetch(), now ? SOON : CALM);
    },
    { immediate: true },
  );
  onScopeDispose(() => {
    clearInterval(timer);
  });
  return { list, reports, kinds };
}
