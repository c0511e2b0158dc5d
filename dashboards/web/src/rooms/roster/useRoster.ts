import { useQuery } from "@pinia/colada";
import { computed, type Ref } from "vue";

import { api, bodyOf } from "@/api/client";
import { now } from "@/live/clock";
import { useReread } from "@/live/useReread";

import type { Request } from "./requests";
import { midnightsOf, type Shift } from "./week";

const PAGE = 500;
const RECENT = 20;
const OPEN = 100;

/** Every page of the shifts that overlap a period. */
async function shiftsBetween(from: string, to: string): Promise<Shift[]> {
  const shifts: Shift[] = [];
  let cursor: string | null = null;
  do {
    const query: { from: string; to: string; limit: number; cursor?: string } = { from, to, limit: PAGE };
    if (cursor !== null) query.cursor = cursor;
    const page: { items: Shift[]; next?: string | null } = await bodyOf(
      api.GET("/api/v1/shifts", { params: { query } }),
    );
    shifts.push(...page.items);
    cursor = page.next ?? null;
  } while (cursor !== null);
  return shifts;
}

/** Open requests and the newest decided ones. */
async function requests(): Promise<Request[]> {
  const leaves = (query: object) => bodyOf(api.GET("/api/v1/leaves", { params: { query } }));
  const swaps = (query: object) => bodyOf(api.GET("/api/v1/swaps", { params: { query } }));
  const overtime = (query: object) => bodyOf(api.GET("/api/v1/overtime", { params: { query } }));
  const [requested, ofLate, asked, agreed, swapped, wished, willing, worked] = await Promise.all([
    leaves({ state: "requested", limit: OPEN }),
    leaves({ limit: RECENT }),
    swaps({ state: "asked", limit: OPEN }),
    swaps({ state: "agreed", limit: OPEN }),
    swaps({ limit: RECENT }),
    overtime({ state: "asked", limit: OPEN }),
    overtime({ state: "agreed", limit: OPEN }),
    overtime({ limit: RECENT }),
  ]);
  const everyRequest: Request[] = [
    ...[...requested.items, ...ofLate.items].map((row): Request => ({ kind: "leave", row })),
    ...[...asked.items, ...agreed.items, ...swapped.items].map((row): Request => ({ kind: "swap", row })),
    ...[...wished.items, ...willing.items, ...worked.items].map((row): Request => ({ kind: "overtime", row })),
  ];
  return [...new Map(everyRequest.map((request) => [request.row.id, request])).values()];
}

/** The shifts of a week, where they are too few, and what was requested; read again when any of it changes. */
export function useRoster(weeks: Ref<number>) {
  const midnights = computed(() => midnightsOf(now(), weeks.value));
  const range = computed(() => {
    const [from, to] = [midnights.value[0], midnights.value.at(-1)];
    return { from: from?.toISOString() ?? "", to: to?.toISOString() ?? "" };
  });
  const shifts = useQuery({
    key: () => ["shifts", range.value.from],
    query: () => shiftsBetween(range.value.from, range.value.to),
  });
  const shortages = useQuery({
    key: () => ["shortages", range.value.from],
    query: () => bodyOf(api.GET("/api/v1/shifts/shortages", { params: { query: { ...range.value } } })),
  });
  const requested = useQuery({ key: ["roster-requests"], query: requests });
  const agents = useQuery({
    key: ["agents"],
    query: () => bodyOf(api.GET("/api/v1/agents", { params: { query: { active: true, limit: PAGE } } })),
    staleTime: 600_000,
  });

  const read = (): Promise<unknown> => Promise.all([shifts.refetch(), shortages.refetch(), requested.refetch()]);
  useReread((kind) => kind === "roster_request" || kind === "duty", read);

  const colleagues = computed(() => agents.data.value?.items ?? []);
  const nameOf = (number: string): string => colleagues.value.find((agent) => agent.number === number)?.name ?? number;
  return {
    midnights,
    shifts,
    // Of the days that are over nothing can be filled any more; of an earlier week all are shown.
    shortages: computed(() =>
      (shortages.data.value?.items ?? []).filter((each) => weeks.value < 0 || Date.parse(each.ends_at) > now()),
    ),
    requests: computed(() => requested.data.value ?? []),
    colleagues,
    nameOf,
    read,
  };
}
