/** Which window of this person has the phone: exactly one, by a lock that the browser gives to one window at a time. */
export interface Election {
  /** Bring the phone to this window; false while the other window is in a call. */
  bring: () => Promise<boolean>;
  leave: () => void;
}

/** A window that does not answer within this time is frozen and loses the phone, in milliseconds. */
const SILENCE = 1000;

interface Word {
  what: "bring" | "take" | "busy";
}

export function standFor(
  name: string,
  window: { won: () => void; lost: () => void; busy: () => boolean },
  locks: LockManager = navigator.locks,
): Election {
  const channel = new BroadcastChannel(name);
  let holds = false;
  let release: (() => void) | null = null as (() => void) | null;
  let left = false;
  let waiting: AbortController | null = null;

  /** Have the phone until another window takes it; then wait for it again. */
  async function stand(steal: boolean): Promise<void> {
    const queued = new AbortController();
    waiting = queued;
    try {
      await locks.request(name, steal ? { steal } : { signal: queued.signal }, async () => {
        if (left) return;
        holds = true;
        window.won();
        await new Promise<void>((resolve) => {
          release = resolve;
        });
      });
    } catch (error) {
      // Another window has taken the lock, or this one stands no longer in the queue for it.
      if (!(error instanceof DOMException && error.name === "AbortError")) throw error;
    }
    if (queued.signal.aborted || left) return;
    holds = false;
    release = null;
    window.lost();
    void stand(false);
  }

  channel.addEventListener("message", ({ data }: MessageEvent<Word>) => {
    if (data.what === "bring" && holds) post(window.busy() ? "busy" : "take");
  });

  function post(what: Word["what"]): void {
    channel.postMessage({ what } satisfies Word);
  }

  /** What the window that has the phone says; `take` where none answers. */
  function ask(): Promise<Word["what"]> {
    return new Promise((resolve) => {
      const heard = ({ data }: MessageEvent<Word>): void => {
        if (data.what !== "bring") done(data.what);
      };
      const done = (what: Word["what"]): void => {
        clearTimeout(timer);
        channel.removeEventListener("message", heard);
        resolve(what);
      };
      const timer = setTimeout(done, SILENCE, "take" as const);
      channel.addEventListener("message", heard);
      post("bring");
    });
  }

  void stand(false);
  return {
    bring: async () => {
      if (holds) return true;
      if ((await ask()) === "busy") return false;
      // It may have come to this window meanwhile.
      if (!holds) {
        waiting?.abort();
        void stand(true);
      }
      return true;
    },
    leave: () => {
      left = true;
      if (!holds) waiting?.abort();
      release?.();
      channel.close();
    },
  };
}
