import { reactive, ref } from "vue";

import { api, bodyOf, type Schemas } from "@/api/client";
import { useKept } from "@/api/kept";
import { mergedText } from "@/api/merged";
import { now } from "@/live/clock";

/** The sections of a work log (W4), in the order of the form. */
export const SECTIONS = ["done", "learned", "difficulties", "suggestions", "left_over"] as const;
type Section = (typeof SECTIONS)[number];

/** Today by this computer's calendar, from the service's clock. */
function today(): string {
  const day = new Date(now());
  const pad = (number: number): string => String(number).padStart(2, "0");
  return `${String(day.getFullYear())}-${pad(day.getMonth() + 1)}-${pad(day.getDate())}`;
}

/** One's own log of today: loaded once, kept on the service while it is written, handed in at the end. */
export function useWorkLog(agent: string) {
  const path = { agent, day: today() };
  const log = ref<Schemas["WorkLogShape"] | null>(null);
  const texts = reactive<Record<Section, string>>({
    done: "",
    learned: "",
    difficulties: "",
    suggestions: "",
    left_over: "",
  });
  const { keeping, refusal, keep, typed } = useKept(save);

  async function load(): Promise<void> {
    const before = keeping.value === "changed" ? log.value?.texts : undefined;
    const read = await bodyOf(api.GET("/api/v1/work-logs/{agent}/{day}", { params: { path } }));
    log.value = read;
    for (const section of SECTIONS) {
      const theirs = read.texts[section] ?? "";
      texts[section] = before === undefined ? theirs : mergedText(before[section] ?? "", texts[section], theirs);
    }
    keeping.value = "kept";
    refusal.value = "";
    if (SECTIONS.some((section) => texts[section] !== (read.texts[section] ?? ""))) typed();
  }

  async function save(keepalive = false): Promise<void> {
    const body = { texts: { ...texts }, shared: log.value?.shared ?? false };
    // The version that was read last is named by the client (If-Match).
    const params = { path, header: {} as { "If-Match": string } };
    log.value = await bodyOf(api.PUT("/api/v1/work-logs/{agent}/{day}", { params, body, keepalive }));
  }

  async function submit(): Promise<void> {
    if (keeping.value !== "kept" && !(await keep())) return;
    log.value = await bodyOf(api.POST("/api/v1/work-logs/{agent}/{day}/submit", { params: { path } }));
  }

  return { log, texts, keeping, refusal, load, typed, submit };
}
