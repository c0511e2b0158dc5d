import { ref, watch } from "vue";

import { api, bodyOf } from "@/api/client";
import { now } from "@/live/clock";
import { useFloor } from "@/live/floor";
import { useSession } from "@/session/store";
import type { TextKey } from "@/texts";

/** A shorter gap is nothing that a person was away from, in milliseconds. */
const WORTH = 20_000;
const MOST = 200;
const LEADERS = ["supervisor", "manager", "leader", "administrator"] as const;

interface Line {
  text: TextKey;
  places: Record<string, string | number>;
}

interface Away {
  since: number;
  until: number;
  lines: Line[];
}

/** What happened between two instants, in three lines: from the records, because the live feed has a gap there. */
async function happened(since: number): Promise<Line[]> {
  const session = useSession();
  const from = new Date(since).toISOString();
  if (session.has(LEADERS)) {
    const page = await bodyOf(api.GET("/api/v1/calls", { params: { query: { since: from, limit: MOST } } }));
    const calls = page.items.filter((call) => call.direction === "inbound");
    const flags = await bodyOf(api.GET("/api/v1/flags", { params: { query: { since: from, limit: MOST } } }));
    const given = calls.filter((call) => call.outcome === "abandoned").length;
    return [
      { text: "away.calls", places: { count: calls.length, given } },
      { text: "away.flags", places: { count: flags.items.length } },
    ];
  }
  if (session.agent === null) return [];
  const query = { agent: session.agent, since: from, limit: MOST };
  const offers = (await bodyOf(api.GET("/api/v1/offers", { params: { query } }))).items;
  const todo = await bodyOf(api.GET("/api/v1/me/todo"));
  const missed = offers.filter((offer) => offer.outcome !== null && offer.outcome !== "answered").length;
  return [
    { text: "away.offers", places: { count: offers.length, missed } },
    { text: "away.unread", places: { count: todo.announcements.count } },
  ];
}

/** While you were away: shown after the feed had a gap, until it is read. */
export function useAway() {
  const floor = useFloor();
  const away = ref<Away | null>(null);
  let begun: number | null = null;
  watch(
    () => floor.lost,
    async (lost) => {
      if (lost !== null) {
        begun ??= lost;
        return;
      }
      const since = begun;
      begun = null;
      if (since === null || !floor.ready || now() - since < WORTH) return;
      const lines = await happened(since).catch(() => []);
      if (lines.length > 0) away.value = { since: away.value?.since ?? since, until: now(), lines };
    },
  );
  return { away };
}
