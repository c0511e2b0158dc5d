import { createPinia, setActivePinia } from "pinia";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { watch } from "vue";

import { useFloor } from "@/live/floor";
import { type Person, useSession } from "@/session/store";

import { call, offer } from "./samples";

const FRAME = 16;
const sockets: EventTarget[] = [];
let seq = 1;

class Socket extends EventTarget {
  constructor() {
    super();
    sockets.push(this);
  }
  close(): void {
    /* The test has no connection to end. */
  }
}

function happens(event: Event): void {
  sockets.at(-1)?.dispatchEvent(event);
}

function hear(message: object): void {
  seq += 1;
  happens(new MessageEvent("message", { data: JSON.stringify({ seq, ...message }) }));
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", Socket);
  setActivePinia(createPinia());
  useSession().person = { agent: "1001" } as Person;
  useFloor().open();
  happens(new Event("open"));
  hear({ type: "hello", epoch: "e", time: "2026-11-27T08:00:00Z", resumed: false });
  hear({ type: "snapshot", data: { calls: [] } });
});
afterEach(() => {
  useFloor().close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("shows one's own call in the next frame, and a hundred calls of others at once a moment later", () => {
  const floor = useFloor();
  let drawn = 0;
  watch(
    () => floor.calls.size,
    () => (drawn += 1),
    { flush: "sync" },
  );
  for (let number = 0; number < 100; number++) {
    hear({ type: "delta", kind: "call", data: call(`other-${number}`, { offers: [offer("1002")] }) });
  }
  vi.advanceTimersByTime(2 * FRAME);
  expect(drawn).toBe(0);
  hear({ type: "delta", kind: "call", data: call("mine", { offers: [offer("1001")] }) });
  vi.advanceTimersByTime(2 * FRAME);
  expect([drawn, floor.calls.size]).toEqual([1, 101]);
  hear({ type: "delta", kind: "call", data: call("another", { offers: [offer("1003")] }) });
  vi.advanceTimersByTime(200);
  expect([drawn, floor.calls.size]).toEqual([2, 102]);
});
