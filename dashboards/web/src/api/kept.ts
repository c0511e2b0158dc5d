import { onScopeDispose, ref } from "vue";

import { Refusal } from "./refusal";

/** What was typed is on the service this long after the last key, in milliseconds. */
const PAUSE = 1200;

export type Keeping = "kept" | "typing" | "keeping" | "failed" | "changed";

/** Keeps what is typed on the service: `save` is called after a pause, and once more when the form goes away. */
export function useKept(save: () => Promise<unknown>) {
  const keeping = ref<Keeping>("kept");
  const refusal = ref("");
  let timer: ReturnType<typeof setTimeout> | undefined;

  /** Save now; true when the service has it. */
  async function keep(): Promise<boolean> {
    clearTimeout(timer);
    keeping.value = "keeping";
    try {
      await save();
    } catch (error) {
      keeping.value = error instanceof Refusal && error.status === 412 ? "changed" : "failed";
      refusal.value = error instanceof Refusal ? error.message : "";
      return false;
    }
    refusal.value = "";
    // A key that was pressed meanwhile has a timer of its own.
    if ((keeping.value as Keeping) === "keeping") keeping.value = "kept";
    return true;
  }

  function typed(): void {
    keeping.value = "typing";
    clearTimeout(timer);
    timer = setTimeout(() => void keep(), PAUSE);
  }

  onScopeDispose(() => {
    if (keeping.value === "typing") void keep();
  });

  return { keeping, refusal, keep, typed };
}
