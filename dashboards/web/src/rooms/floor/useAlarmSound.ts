import { ref, watch, type Ref } from "vue";

import { ring } from "@/phone/ring";
import { audio, unlockWithAnyKey } from "@/phone/sound";

import type { Urgent } from "./urgent";

const STORED = "callcenter.alarm_sound";
/** What a supervisor must hear while they look elsewhere; the rest of the list would sound all day. */
const HEARD: readonly Urgent["kind"][] = ["alarm", "hand"];
const SECONDS = 1.2;
const CADENCE = { tone: 250, period: 400 };
const VOLUME = 60;

/** The rows to hear that were not there before. */
export function freshOf(before: ReadonlySet<string>, rows: readonly Pick<Urgent, "kind" | "id">[]): string[] {
  return rows.filter((row) => HEARD.includes(row.kind) && !before.has(row.id)).map((row) => row.id);
}

/** A short sound for a new failure or raised hand; it can be turned off on this computer. */
export function useAlarmSound(rows: Ref<readonly Urgent[]>) {
  const on = ref(localStorage.getItem(STORED) !== "off");
  const known = new Set<string>();
  unlockWithAnyKey();
  watch(
    rows,
    (now) => {
      const fresh = freshOf(known, now);
      for (const id of fresh) known.add(id);
      if (fresh.length > 0 && on.value) ring(audio(), SECONDS, CADENCE, VOLUME);
    },
    { immediate: true },
  );

  function toggle(): void {
    on.value = !on.value;
    localStorage.setItem(STORED, on.value ? "on" : "off");
  }

  return { on, toggle };
}
