import { onScopeDispose } from "vue";

import { useFloor } from "./floor";

const SETTLES = 300;

/**
 * Reads again after a change: `waits` milliseconds after it, once for each wait. Changes during a wait or a reading lead to
 * one more look, so a stream of changes neither floods the service nor delays a look without end.
 */
export function looks(read: () => Promise<unknown>, waits: readonly number[] = [SETTLES]) {
  let stopped = false;
  const plans = waits.map((wait) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let again = false;

    async function look(): Promise<void> {
      try {
        await read();
      } finally {
        timer = undefined;
        if (again && !stopped) {
          again = false;
          plan();
        }
      }
    }

    function plan(): void {
      if (timer === undefined) timer = setTimeout(() => void look(), wait);
      else again = true;
    }

    return { plan, stop: () => clearTimeout(timer) };
  });
  return {
    changed: (): void => {
      for (const { plan } of plans) plan();
    },
    stop: (): void => {
      stopped = true;
      for (const each of plans) each.stop();
    },
  };
}

/** Reads again when a delta concerns what is shown, and after every snapshot: what changed before it came as no delta. */
export function useReread(
  concerns: (kind: string, data: unknown) => boolean,
  read: () => Promise<unknown>,
  waits?: readonly number[],
): void {
  const { changed, stop } = looks(read, waits);
  const unwatch = useFloor().watchDeltas((kind, data) => {
    if (kind === "snapshot" || concerns(kind, data)) changed();
  });
  onScopeDispose(() => {
    unwatch();
    stop();
  });
}
