import { onScopeDispose, reactive, ref } from "vue";

import { api, bodyOf, type Schemas } from "@/api/client";
import { Refusal } from "@/api/refusal";
import { now } from "@/live/clock";

/** The sections of a work log (W4), in the order of the form. */
export const SECTIONS = ["done", "learned", "difficulties", "suggestions", "left_over"] as const;
type Section = (typeof SECTIONS)[number];
/** What was typed is on the service this long after the last key, in milliseconds. */
const PAUSE = 1200;

/** Today by this computer's calendar, from the service's clock. */
function today(): string {
  const day = new Date(now());
  const pad = (number: number): string => String(number).padStart(2, "0");
  return `${String(day.getFullYear())}-${pad(day.getMonth() + 1)}-${pad(day.getDate())}`;
}

export type Keeping = "kept" | "typing" | "keeping" | "failed" | "changed";

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
  const keeping = ref<Keeping>("kept");
  const refusal = ref("");
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function load(): Promise<void> {
    log.value = await bodyOf(api.GET("/api/v1/work-logs/{agent}/{day}", { params: { path } }));
    for (const section of SECTIONS) texts[section] = log.value.texts[section] ?? "";
    keeping.value = "kept";
    refusal.value = "";
  }

  async function keep(): Promise<boolean> {
    clearTimeout(timer);
    keeping.value = "keeping";
    const body = { texts: { ...texts }, shared: log.value?.shared ?? false };
    // The version that was read last is named by the client (If-Match).
    const params = { path, header: {} as { "If-Match": string } };
    try {
      log.value = await bodyOf(api.PUT("/api/v1/work-logs/{agent}/{day}", { params, body }));
      if (keeping.value === "keeping") keeping.value = "kept";
      return true;
    } catch (error) {
      keeping.value = error instanceof Refusal && error.status === 412 ? "changed" : "failed";
      refusal.value = error instanceof Refusal ? error.message : "";
      return false;
    }
  }

  function typed(): void {
    keeping.value = "typing";
    clearTimeout(timer);
    timer = setTimeout(() => void keep(), PAUSE);
  }

  async function submit(): Promise<void> {
    if (keeping.value !== "kept" && !(await keep())) return;
    log.value = await bodyOf(api.POST("/api/v1/work-logs/{agent}/{day}/submit", { params: { path } }));
  }

  // Leaving the page keeps what was typed in the last second.
  onScopeDispose(() => {
    if (keeping.value === "typing") void keep();
  });

  return { log, texts, keeping, refusal, load, typed, submit };
}
