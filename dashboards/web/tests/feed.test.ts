import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { now } from "@/live/clock";
import { Feed, type Listener } from "@/live/feed";

class Socket extends EventTarget {
  static all: Socket[] = [];
  closed = false;
  constructor(
    readonly url: URL,
    readonly protocols: string[],
  ) {
    super();
    Socket.all.push(this);
  }
  close(): void {
    this.closed = true;
  }
  hear(message: object): void {
    this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(message) }));
  }
  drop(code = 1006): void {
    this.dispatchEvent(new CloseEvent("close", { code }));
  }
}

const TIME = "2026-11-27T08:00:00Z";
let listener: { [Name in keyof Listener]: ReturnType<typeof vi.fn<Listener[Name]>> };
let feed: Feed;
const newest = (): Socket => Socket.all.at(-1) as Socket;

beforeEach(() => {
  vi.useFakeTimers();
  Socket.all = [];
  vi.stubGlobal("WebSocket", Socket);
  listener = { snapshot: vi.fn(), delta: vi.fn(), connected: vi.fn(), lost: vi.fn(), signedOut: vi.fn() };
  feed = new Feed(listener);
  feed.start();
});
afterEach(() => {
  feed.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function greet(resumed = false, epoch = "e1"): void {
  newest().hear({ type: "hello", seq: 7, epoch, time: TIME, resumed, build: "b1" });
}

describe("the live feed", () => {
  it("takes the service's clock, the build and the snapshot", () => {
    greet();
    newest().hear({ type: "snapshot", seq: 7, data: { calls: [] } });
    expect(listener.connected).toHaveBeenCalledWith({ resumed: false, build: "b1" });
    expect(listener.snapshot).toHaveBeenCalledWith({ calls: [] });
    expect(Math.abs(now() - Date.parse(TIME))).toBeLessThan(5);
  });

  it("resumes after a break where it was", () => {
    greet();
    newest().hear({ type: "snapshot", seq: 7, data: {} });
    newest().hear({ type: "delta", seq: 9, kind: "call", data: { id: "c" } });
    newest().drop();
    expect(listener.lost).toHaveBeenCalledOnce();
    vi.advanceTimersByTime(600);
    expect(Socket.all).toHaveLength(2);
    expect(newest().url.searchParams.get("resume")).toBe("9");
    expect(newest().url.searchParams.get("epoch")).toBe("e1");
  });

  it("shows no delta twice and none that is older than what it has", () => {
    greet();
    newest().hear({ type: "snapshot", seq: 7, data: {} });
    newest().hear({ type: "delta", seq: 7, kind: "call", data: {} });
    newest().hear({ type: "delta", seq: 12, kind: "call", data: {} });
    newest().hear({ type: "delta", seq: 11, kind: "call", data: {} });
    expect(listener.delta).toHaveBeenCalledOnce();
  });

  it("starts from a snapshot when the service has restarted", () => {
    greet();
    newest().hear({ type: "snapshot", seq: 700, data: {} });
    newest().drop();
    vi.advanceTimersByTime(600);
    greet(false, "e2");
    newest().hear({ type: "snapshot", seq: 1, data: { agents: [] } });
    newest().hear({ type: "delta", seq: 2, kind: "agent", data: {} });
    expect(listener.delta).toHaveBeenCalledOnce();
  });

  it("does not come back by itself once the session has ended", () => {
    greet();
    newest().drop(4401);
    expect(listener.signedOut).toHaveBeenCalledOnce();
    vi.advanceTimersByTime(60_000);
    expect(Socket.all).toHaveLength(1);
  });

  it("gives a silent connection up and opens another", () => {
    greet();
    vi.advanceTimersByTime(38_000 + 600);
    expect(listener.lost).toHaveBeenCalled();
    expect(Socket.all[0]?.closed).toBe(true);
    expect(Socket.all.length).toBeGreaterThan(1);
  });

  it("waits longer after each failure, at most 15 s", () => {
    for (let tries = 0; tries < 12; tries += 1) {
      newest().drop();
      vi.advanceTimersByTime(15_000);
    }
    expect(Socket.all).toHaveLength(13);
  });
});
