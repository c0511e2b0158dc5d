import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { effectScope } from "vue";

import { allKept, useKept } from "@/api/kept";
import { Refusal, Unreachable } from "@/api/refusal";

const saves: boolean[] = [];
let answer: () => Promise<void>;

beforeEach(() => {
  vi.useFakeTimers();
  saves.length = 0;
  answer = () => Promise.resolve();
});
afterEach(() => {
  vi.useRealTimers();
});

function form() {
  const scope = effectScope();
  const keeper = scope.run(() =>
    useKept((leaving) => {
      saves.push(leaving);
      return answer();
    }),
  );
  if (keeper === undefined) throw new Error("no scope");
  return { ...keeper, scope };
}

it("keeps what was typed after a pause, once", async () => {
  const { typed, keeping } = form();
  typed();
  typed();
  await vi.runAllTimersAsync();
  expect(saves).toEqual([false]);
  expect(keeping.value).toBe("kept");
});

it("keeps the last keys when the page is loaded again, by a request that outlives it", () => {
  const { typed } = form();
  typed();
  dispatchEvent(new Event("pagehide"));
  expect(saves).toEqual([true]);
});

it("asks a service that was away again, without another key", async () => {
  const { typed, keeping } = form();
  answer = () => Promise.reject(new Unreachable(null));
  typed();
  await vi.advanceTimersByTimeAsync(2000);
  expect(keeping.value).toBe("failed");
  answer = () => Promise.resolve();
  await vi.advanceTimersByTimeAsync(5000);
  expect(keeping.value).toBe("kept");
});

it("does not repeat what the service has refused", async () => {
  const { typed, keeping } = form();
  answer = () => Promise.reject(new Refusal(412, "changed", "changed"));
  typed();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(saves).toEqual([false]);
  expect(keeping.value).toBe("changed");
});

it("leaves nothing behind when what was typed has been sent", () => {
  const { typed, settle, scope } = form();
  typed();
  settle();
  scope.stop();
  dispatchEvent(new Event("pagehide"));
  expect(saves).toEqual([]);
});

it("saves one after the other: two at once would refuse each other", async () => {
  const { keep } = form();
  let first = (): void => undefined;
  answer = () => new Promise((done) => (first = done));
  const both = [keep(), keep()];
  await vi.advanceTimersByTimeAsync(0);
  expect(saves).toEqual([false]);
  answer = () => Promise.resolve();
  first();
  await Promise.all(both);
  expect(saves).toEqual([false, false]);
});

it("lets the next form wait for what one that went away still saves", async () => {
  const { typed, scope } = form();
  let saved = (): void => undefined;
  answer = () => new Promise((done) => (saved = done));
  typed();
  scope.stop();
  let isReady = false;
  void allKept().then(() => (isReady = true));
  await vi.advanceTimersByTimeAsync(0);
  expect(isReady).toBe(false);
  saved();
  await vi.advanceTimersByTimeAsync(0);
  expect(isReady).toBe(true);
});
