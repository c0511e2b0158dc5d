import { useQuery } from "@pinia/colada";
import { computed } from "vue";

import { api, bodyOf } from "@/api/client";

/** Reasons of the service itself (after a call, after missed rings, for a return call): not for people to choose. */
const AUTOMATIC = ["acw", "missed", "callback"];

/** The reasons for a pause that people may choose. */
export function usePauseReasons() {
  const reasons = useQuery({ key: ["pause-reasons"], query: () => bodyOf(api.GET("/api/v1/pause-reasons")) });
  return computed(() => (reasons.data.value?.items ?? ["break"]).filter((each) => !AUTOMATIC.includes(each)));
}
