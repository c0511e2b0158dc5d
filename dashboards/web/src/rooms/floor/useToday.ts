import { useQuery } from "@pinia/colada";
import { computed, onScopeDispose, ref, shallowRef } from "vue";

import { api, bodyOf, type Schemas } from "@/api/client";
import { useFloor } from "@/live/floor";
import type { Flag } from "@/live/messages";
import { useScreen } from "@/live/screen";

import type { Figures } from "./figures";

/** The service publishes figures as they change; only the turn of the day brings no event, in milliseconds. */
const EVERY = 300_000;
/** A flag is stored a moment after it was published, in milliseconds. */
const LOOK = 1500;

/** The newer of two pictures of the same day. */
export function newerOf(read: Figures | undefined, live: Figures | undefined): Figures | undefined {
  if (read === undefined || live === undefined) return live ?? read;
  return Date.parse(live.as_of) > Date.parse(read.as_of) ? live : read;
}

/** The thresholds of a line, else those of the whole centre. */
export function thresholdsOf(
  all: readonly Schemas["ThresholdShape"][] | undefined,
  line: string,
): Schemas["ThresholdShape"] | undefined {
  return all?.find((each) => each.line === line) ?? all?.find((each) => each.line === "");
}

/** Today's figures by the records, of the centre or of one line, as the feed brings them (S1). */
export function useToday() {
  const floor = useFloor();
  /** The screen of a board reads all of this in one answer. */
  const screen = useScreen();
  const enabled = (): boolean => !screen.on;
  /** A line's code; empty for the whole centre. */
  const line = ref("");
  /** By line, as the feed has published them since its last snapshot. */
  const published = shallowRef<ReadonlyMap<string, Figures>>(new Map());
  const figures = useQuery({
    key: () => ["figures", "now", line.value],
    query: () => {
      const query = line.value === "" ? {} : { line: line.value };
      return bodyOf(api.GET("/api/v1/figures/now", { params: { query } }));
    },
    placeholderData: (previous) => previous,
    enabled,
  });
  const level = useQuery({
    key: ["service-level", "today"],
    query: () => bodyOf(api.GET("/api/v1/service-level", { params: { query: { today: true } } })),
    enabled,
  });
  const thresholds = useQuery({
    key: ["figure-thresholds"],
    query: () => bodyOf(api.GET("/api/v1/figure-thresholds")),
    staleTime: 600_000,
    enabled,
  });

  const read = (): void => void (screen.on ? screen.load() : Promise.all([figures.refetch(), level.refetch()]));
  const timer = setInterval(read, EVERY);
  let look: ReturnType<typeof setTimeout> | undefined;
  const stop = floor.watchDeltas((kind, data) => {
    if (kind === "figures") {
      const now = data as Figures;
      published.value = new Map([...published.value, [now.line ?? "", now]]);
    } else if (kind === "snapshot") {
      published.value = new Map();
      read();
    } else if (kind === "flag" && (data as Flag).clause === "R1") {
      clearTimeout(look);
      look = setTimeout(() => void (screen.on ? screen.load() : level.refetch()), LOOK);
    }
  });
  onScopeDispose(() => {
    clearInterval(timer);
    clearTimeout(look);
    stop();
  });

  const day = computed(() => {
    const before = screen.on
      ? screen.wall?.figures.find((each) => (each.line ?? "") === line.value)
      : figures.data.value;
    return newerOf((before?.line ?? "") === line.value ? before : undefined, published.value.get(line.value));
  });
  return {
    line,
    day,
    lateToday: computed(() => (screen.on ? screen.wall : level.data.value)?.late_rings ?? null),
    threshold: computed(() => day.value?.threshold_seconds ?? 15),
    limits: computed(() =>
      thresholdsOf(screen.on ? screen.wall?.thresholds : thresholds.data.value?.items, line.value),
    ),
  };
}
