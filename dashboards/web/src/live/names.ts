import { useQuery } from "@pinia/colada";
import { computed } from "vue";

import { api, bodyOf, type Schemas } from "@/api/client";
import { useTexts } from "@/texts";

type Named = { code: string; names?: Record<string, string> };

/** Lines and queues by code: their names in the page's language, the ring's country and limit. */
export function useNames() {
  const { language } = useTexts();
  const stay = { staleTime: 600_000 };
  const lines = useQuery({ key: ["lines"], query: () => bodyOf(api.GET("/api/v1/lines")), ...stay });
  const queues = useQuery({ key: ["queues"], query: () => bodyOf(api.GET("/api/v1/queues")), ...stay });

  function nameIn(items: readonly Named[] | undefined, code: string | null): string {
    if (code === null) return "";
    const names = items?.find((item) => item.code === code)?.names ?? {};
    return names[language.value] ?? names["zh-CN"] ?? code;
  }

  return {
    lines: computed((): readonly Schemas["LineShape"][] => lines.data.value?.items ?? []),
    lineName: (code: string | null) => nameIn(lines.data.value?.items, code),
    queueName: (code: string | null) => nameIn(queues.data.value?.items, code),
    line: (code: string | null): Schemas["LineShape"] | undefined =>
      lines.data.value?.items.find((line) => line.code === code),
    queue: (code: string | null): Schemas["QueueShape"] | undefined =>
      queues.data.value?.items.find((queue) => queue.code === code),
  };
}
