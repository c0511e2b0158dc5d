import { useQuery } from "@pinia/colada";
import { computed, onScopeDispose } from "vue";

import { api, bodyOf, type Schemas } from "@/api/client";

import { useNow } from "./clock";
import { useFloor } from "./floor";
import { useScreen } from "./screen";

/** A failure as the feed publishes it or as /alarms/now lists it. */
export type Failure = Pick<
  Schemas["Live_failure"],
  "id" | "kind" | "subject" | "cause" | "calls" | "since" | "ended_at"
>;

/** How long a page shows that a failure which is over has cut calls off, in milliseconds. */
const CUT_SHOWN = 120_000;

/** Failures that last, and those that cut calls off a moment ago; a second delta of a failure replaces the first. */
export function shownFailures(failures: Iterable<Failure>, now: number): Failure[] {
  return [...failures]
    .filter(({ ended_at: ended, calls }) => ended === null || (calls === "cut" && now - Date.parse(ended) < CUT_SHOWN))
    .sort((first, second) => first.since.localeCompare(second.since));
}

/** The failures of this moment (R7): those that began before the page are read, the others come by the feed. */
export function useFailures() {
  const floor = useFloor();
  const moment = useNow();
  const screen = useScreen();
  const present = useQuery({
    key: ["alarms", "now"],
    query: () => bodyOf(api.GET("/api/v1/alarms/now")),
    enabled: () => !screen.on,
  });
  const stop = floor.watchDeltas((kind) => {
    if (kind === "snapshot" && !screen.on) void present.refetch();
  });
  onScopeDispose(stop);
  return computed(() => {
    const all = new Map<string, Failure>();
    for (const failure of (screen.on ? screen.wall?.failures : present.data.value) ?? []) all.set(failure.id, failure);
    for (const failure of floor.failures.values()) all.set(failure.id, failure);
    return shownFailures(all.values(), moment.value);
  });
}
