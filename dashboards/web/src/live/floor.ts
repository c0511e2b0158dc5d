import { defineStore } from "pinia";
import { computed, ref, shallowRef, triggerRef, type ShallowRef } from "vue";

import { useSession } from "@/session/store";

import { Feed } from "./feed";
import type { Agent, Call, Deltas, Duty, Failure, Flag, Link, Queue, Snapshot } from "./messages";

type Watcher = (kind: string, data: unknown) => void;

/** A busy centre changes a hundred times a second: what concerns others is shown together, at most this late. */
const OTHERS = 150;

/** Whether a call is or was at this agent's phone: their page shows it in the very next frame. */
function isOwn(call: Call, agent: string | null): boolean {
  return agent !== null && (call.agent === agent || call.offers.some((offer) => offer.agent === agent));
}

/** The live floor as the feed shows it to this person. Maps are changed in place and shown once per frame. */
export const useFloor = defineStore("floor", () => {
  const calls = shallowRef(new Map<string, Call>());
  const agents = shallowRef(new Map<string, Agent>());
  const queues = shallowRef(new Map<string, Queue>());
  const flags = shallowRef(new Map<string, Flag>());
  /** As the feed has published them since this page was opened. */
  const failures = shallowRef(new Map<string, Failure>());
  const duty = shallowRef<Duty>({});
  const link = shallowRef<Link>({ connected: true, rings_watched: true, since: null, state: "live" });
  /** When the data shown became stale, by the service's clock; null while the connection holds. */
  const lost = ref<number | null>(null);
  const ready = ref(false);
  const signedOut = ref(false);
  const build = ref<string | null>(null);
  const watchers = new Set<Watcher>();
  const stale = computed(() => lost.value !== null);
  let feed: Feed | null = null;

  const session = useSession();
  const dirty = new Set<ShallowRef<unknown>>();
  let planned = false;
  let later: ReturnType<typeof setTimeout> | undefined;

  /** A burst of deltas costs one drawing; a hidden page has no frames, and its sounds and title must not wait for one. */
  function changed(part: ShallowRef<unknown>, own: boolean): void {
    dirty.add(part);
    if (planned) return;
    if (document.hidden || own) plan();
    else later ??= setTimeout(plan, OTHERS);
  }

  function plan(): void {
    clearTimeout(later);
    later = undefined;
    planned = true;
    if (document.hidden) queueMicrotask(draw);
    else requestAnimationFrame(draw);
  }

  function draw(): void {
    planned = false;
    for (const part of dirty) triggerRef(part);
    dirty.clear();
  }

  function put<Item>(part: ShallowRef<Map<string, Item>>, key: string, item: Item, gone: boolean, own = true): void {
    if (gone) part.value.delete(key);
    else part.value.set(key, item);
    changed(part, own);
  }

  const apply: { [Kind in keyof Deltas]?: (data: Deltas[Kind]) => void } = {
    call: (data) => {
      put(calls, data.id, data, data.ended_at !== null, isOwn(data, session.agent));
    },
    agent: (data) => {
      put(agents, data.number, data, data.gone === true, data.number === session.agent);
    },
    queue: (data) => {
      put(queues, data.code, data, data.gone === true, false);
    },
    flag: (data) => {
      put(flags, data.id, data, false);
    },
    failure: (data) => {
      put(failures, data.id, data, false);
    },
    duty: (data) => {
      duty.value = data;
    },
    link: (data) => {
      link.value = data;
    },
  };

  function onDelta(kind: string, data: unknown): void {
    (apply[kind as keyof Deltas] as ((data: unknown) => void) | undefined)?.(data);
    for (const watcher of watchers) watcher(kind, data);
  }

  function onSnapshot(data: Snapshot): void {
    calls.value = new Map((data.calls ?? []).map((call) => [call.id, call]));
    agents.value = new Map((data.agents ?? []).map((agent) => [agent.number, agent]));
    queues.value = new Map((data.queues ?? []).map((queue) => [queue.code, queue]));
    flags.value = new Map((data.flags ?? []).map((flag) => [flag.id, flag]));
    duty.value = data.duty ?? {};
    // Before the service has heard of the link its part is empty.
    if (data.link && "connected" in data.link) link.value = data.link;
    whole();
    for (const watcher of watchers) watcher("snapshot", data);
  }

  function whole(): void {
    lost.value = null;
    ready.value = true;
  }

  function open(token = ""): void {
    signedOut.value = false;
    feed?.stop();
    feed = new Feed(
      {
        snapshot: onSnapshot,
        delta: onDelta,
        connected: (hello) => {
          build.value = hello.build;
          if (hello.resumed && ready.value) whole();
        },
        lost: (since) => {
          lost.value ??= since;
        },
        signedOut: () => {
          signedOut.value = true;
        },
      },
      token,
    );
    feed.start();
  }

  function close(): void {
    feed?.stop();
    feed = null;
    ready.value = false;
    lost.value = null;
  }

  /** Calls `watcher` with every delta and snapshot; returns how to stop that. */
  function watchDeltas(watcher: Watcher): () => void {
    watchers.add(watcher);
    return () => watchers.delete(watcher);
  }

  return {
    calls,
    agents,
    queues,
    flags,
    failures,
    duty,
    link,
    lost,
    stale,
    ready,
    signedOut,
    build,
    open,
    close,
    watchDeltas,
  };
});
