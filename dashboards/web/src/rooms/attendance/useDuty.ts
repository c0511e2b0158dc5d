import { useQuery } from "@pinia/colada";
import { computed } from "vue";

import { api, bodyOf } from "@/api/client";
import { now, useNow } from "@/live/clock";
import { useFloor } from "@/live/floor";
import { useReread } from "@/live/useReread";

import { inTurn } from "./breaks";
import { counted, missingFirst, ofToday } from "./findings";

const MOST = 200;
const MOST_AGENTS = 500;
const HOUR = 3_600_000;
/** A shift over midnight has begun on the day before. */
const BEFORE = 12 * HOUR;

function midnight(): Date {
  const day = new Date(now());
  day.setHours(0, 0, 0, 0);
  return day;
}

/** The breaks of the floor that are not over. An agent who comes or goes changes the time at which the others can go. */
export function useBreaks() {
  const breaks = useQuery({
    key: ["breaks", "open"],
    query: () => bodyOf(api.GET("/api/v1/breaks", { params: { query: { open: true, limit: MOST } } })),
  });
  useReread(
    (kind) => kind === "break" || kind === "adherence" || kind === "duty",
    () => breaks.refetch(),
  );
  return { status: breaks.status, rows: computed(() => inTurn(breaks.data.value?.items ?? [])), read: breaks.refetch };
}

/** Who was late, absent or away today. */
export function useFindings() {
  const moment = useNow();
  const findings = useQuery({
    key: ["attendance", "today"],
    query: () => {
      const since = new Date(midnight().getTime() - BEFORE).toISOString();
      return bodyOf(api.GET("/api/v1/attendance", { params: { query: { since, limit: MOST } } }));
    },
  });
  useReread(
    (kind) => kind === "attendance",
    () => findings.refetch(),
  );
  return {
    status: findings.status,
    rows: computed(() => ofToday(findings.data.value?.items ?? [], midnight().getTime(), moment.value)),
    more: computed(() => findings.data.value?.next != null),
  };
}

/** Who should be there now and who is. */
export function usePresent() {
  const present = useQuery({
    key: ["adherence", "now"],
    query: () => bodyOf(api.GET("/api/v1/adherence/now")),
  });
  useReread(
    (kind) => kind === "adherence",
    () => present.refetch(),
  );
  const rows = computed(() => missingFirst(present.data.value?.items ?? []));
  return { status: present.status, rows, count: computed(() => counted(rows.value)) };
}

/** An agent's name and number, as a leader reads them. */
export function useAgentName(): (agent: string) => string {
  const floor = useFloor();
  const agents = useQuery({
    key: ["agents"],
    query: () => bodyOf(api.GET("/api/v1/agents", { params: { query: { active: true, limit: MOST_AGENTS } } })),
    staleTime: 600_000,
  });
  const stored = (agent: string) => agents.data.value?.items.find((each) => each.number === agent)?.name;
  return (agent) => `${floor.agents.get(agent)?.name || stored(agent) || ""} ${agent}`.trim();
}
