import { onScopeDispose, ref } from "vue";

import { Refusal } from "./refusal";

/** What was typed is on the service this long after the last key, in milliseconds. */
const PAUSE = 1200;
/** A service that was away is tried again, without another key. */
const AGAIN = 4000;

export type Keeping = "kept" | "typing" | "keeping" | "failed" | "changed";

/**
 * Keeps what is typed on the service: `save` is called after a pause, and once more when the form or the page goes
 * away; `leaving` then, for a request that outlives its page (`keepalive`).
 */
export function useKept(save: (leaving: boolean) => Promise<unknown>) {
  const keeping = ref<Keeping>("kept");
  const refusal = ref("");
  let timer: ReturnType<typeof setTimeout> | undefined;

  /** Save now; true when the service has it. */
  async function keep(leaving = false): Promise<boolean> {
    clearTimeout(timer);
    keeping.value = "keeping";
    try {
      await save(leaving);
    } catch (error) {
      keeping.value = error instanceof Refusal && error.status === 412 ? "changed" : "failed";
      refusal.value = error instanceof Refusal ? error.message : "";
      if (!(error instanceof Refusal) || error.status >= 500) timer = setTimeout(() => void keep(), AGAIN);
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

  /** What was typed needs no keeping any more. */
  function settle(): void {
    clearTimeout(timer);
    keeping.value = "kept";
  }

  const leave = (): void => {
    if (keeping.value !== "kept" && keeping.value !== "changed") void keep(true);
  };
  addEventListener("pagehide", leave);
  onScopeDispose(() => {
    removeEventListener("pagehide", leave);
    clearTimeout(timer);
    if (keeping.value === "typing" || keeping.value === "failed") void keep(true);
  });

  return { keeping, refusal, keep, typed, settle };
}
