import { useQuery } from "@pinia/colada";
import { computed } from "vue";

import { api, bodyOf } from "@/api/client";
import { useTexts } from "@/texts";

import { useScreen } from "./screen";

type Named = { code: string; names?: Record<string, string> };
/** A line and a queue as far as every page needs them; a screen on the wall is given no more. */
type NamedLine = Named & { queue: string; cadence_country?: string; greeting?: string };
type NamedQueue = Named & { ring_limit?: number | null; skill?: string | null };

/** The service keeps skills in small letters, texts have the usual form of a language tag. */
const codeOf = (skill: string): string => (skill === "zh-cn" ? "zh-CN" : skill);

/** Lines and queues by code: their names in the page's language, the ring's country and limit. */
export function useNames() {
  const { language, known } = useTexts();
  const screen = useScreen();
  const stay = { staleTime: 600_000, enabled: () => !screen.on };
  const lines = useQuery({ key: ["lines"], query: () => bodyOf(api.GET("/api/v1/lines")), ...stay });
  const queues = useQuery({ key: ["queues"], query: () => bodyOf(api.GET("/api/v1/queues")), ...stay });

  function nameIn(items: readonly Named[] | undefined, code: string | null): string {
    if (code === null) return "";
    const names = items?.find((item) => item.code === code)?.names ?? {};
    return names[language.value] ?? names["zh-CN"] ?? code;
  }

  const allLines = computed(
    (): readonly NamedLine[] => (screen.on ? screen.wall?.lines : lines.data.value?.items) ?? [],
  );
  const allQueues = computed(
    (): readonly NamedQueue[] => (screen.on ? screen.wall?.queues : queues.data.value?.items) ?? [],
  );
  return {
    lines: allLines,
    queues: allQueues,
    lineName: (code: string | null) => nameIn(allLines.value, code),
    queueName: (code: string | null) => nameIn(allQueues.value, code),
    /** A skill is mostly a language, by its code; a centre's other skills have only their code. */
    skillName: (skill: string) => known(`language.${codeOf(skill)}`, "language.other", { code: skill }),
    line: (code: string | null) => allLines.value.find((line) => line.code === code),
    queue: (code: string | null) => allQueues.value.find((queue) => queue.code === code),
  };
}
