import { createPinia, setActivePinia } from "pinia";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { effectScope } from "vue";

import { useFloor } from "@/live/floor";
import { looks, useReread } from "@/live/useReread";

describe("what is read again when it changes", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    setActivePinia(createPinia());
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("is read once for a burst, and once more for what came during the wait", async () => {
    const read = vi.fn(() => Promise.resolve());
    const { changed } = looks(read, [100]);
    for (let burst = 0; burst < 50; burst++) changed();
    await vi.advanceTimersByTimeAsync(1000);
    expect(read).toHaveBeenCalledTimes(2);
  });

  it("is not put off by a stream of changes faster than the wait", async () => {
    const read = vi.fn(() => Promise.resolve());
    const { changed } = looks(read, [1000]);
    for (let moment = 0; moment < 100; moment++) {
      changed();
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(read.mock.calls.length).toBeGreaterThanOrEqual(9);
    expect(read.mock.calls.length).toBeLessThanOrEqual(11);
  });

  it("waits for an answer that is slow, then looks once more", async () => {
    let answer: () => void = () => undefined;
    const read = vi.fn(() => new Promise<void>((resolve) => (answer = resolve)));
    const { changed } = looks(read, [100]);
    changed();
    await vi.advanceTimersByTimeAsync(100);
    changed();
    changed();
    await vi.advanceTimersByTimeAsync(5000);
    expect(read).toHaveBeenCalledTimes(1);
    answer();
    await vi.advanceTimersByTimeAsync(100);
    expect(read).toHaveBeenCalledTimes(2);
  });

  it("follows its own changes and snapshots until the page is left", async () => {
    const floor = useFloor();
    const watchers: ((kind: string, data: unknown) => void)[] = [];
    const gone = vi.fn();
    vi.spyOn(floor, "watchDeltas").mockImplementation((watcher) => {
      watchers.push(watcher);
      return gone;
    });
    const read = vi.fn(() => Promise.resolve());
    const scope = effectScope();
    scope.run(() => {
      useReread((kind) => kind === "flag", read, [100]);
    });
    const send = async (kind: string): Promise<void> => {
      watchers[0]?.(kind, {});
      await vi.advanceTimersByTimeAsync(100);
    };
    await send("call");
    expect(read).toHaveBeenCalledTimes(0);
    await send("flag");
    await send("snapshot");
    expect(read).toHaveBeenCalledTimes(2);
    watchers[0]?.("flag", {});
    scope.stop();
    await vi.advanceTimersByTimeAsync(1000);
    expect(read).toHaveBeenCalledTimes(2);
    expect(gone).toHaveBeenCalledOnce();
  });
});
