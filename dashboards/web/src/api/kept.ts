import { onScopeDispose, ref } from "vue";

import { Refusal } from "./refusal";

/** What was typed is on the service this long after the last key, in milliseconds. */
const PAUSE = 1200;
/** A service that was away is tried again, without another key. */
const AGAIN = 4000;

/** What forms that have gone away still save. */
const leavings = new Set<Promise<unknown>>();

/** Wait until the service has what forms that have gone away held: one that opens again must not read what was before. */
export async function allKept(): Promise<void> {
  await Promise.allSettled(leavings);
}

export type Keeping = "kept" | "typing" | "keeping" | "failed" | "changed";

/**
 * Keeps what is typed on the service: `save` is called after a pause, and once more when the form or the page goes
 * away; `leaving` then, for a request that outlives its page (`keepalive`).
 */
export function useKept(save: (leaving: boolean) => Promise<unknown>) {
  const keeping = ref<Keeping>("kept");
  const refusal = ref("");
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last: Promise<unknown> = Promise.resolve();

  /** Save after what is being saved: two at once would refuse each other. A page that leaves cannot wait. */
  function saved(leaving: boolean): Promise<unknown> {
    last = leaving ? save(true) : last.catch(() => undefined).then(() => save(false));
    return last;
  }

  /** Save now; true when the service has it. */
  async function keep(leaving = false): Promise<boolean> {
    clearTimeout(timer);
    keeping.value = "keeping";
    try {
      await saved(leaving);
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
    // What was changed elsewhere is read again first; the field that the reader leaves for that reports a change too.
    if (keeping.value === "changed") return;
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
    if (keeping.value !== "typing" && keeping.value !== "failed") return;
    const leaving = keep(true);
    leavings.add(leaving);
    void leaving.finally(() => leavings.delete(leaving));
  });

  return { keeping, refusal, keep, typed, settle };
}
