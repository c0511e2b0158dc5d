import { onScopeDispose, readonly, ref, type Ref } from "vue";

/** Milliseconds that the service's clock is ahead of this computer's. */
let ahead = 0;

/** The service's clock in milliseconds: timers run by it, a desk's own clock may be wrong. */
export function now(): number {
  return Date.now() + ahead;
}

/** This computer's own clock, for measuring silence. */
export function local(): number {
  return Date.now();
}

export function setServerTime(text: string): void {
  const instant = Date.parse(text);
  if (!Number.isNaN(instant)) ahead = instant - Date.now();
}

const BEAT = 250;
const beat = ref(now());
let users = 0;
let timer: ReturnType<typeof setInterval> | undefined;

/** The service's time as a value that changes four times a second while a component uses it. */
export function useNow(): Readonly<Ref<number>> {
  users += 1;
  timer ??= setInterval(() => {
    beat.value = now();
  }, BEAT);
  beat.value = now();
  onScopeDispose(() => {
    users -= 1;
    if (users === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  });
  return readonly(beat);
}
