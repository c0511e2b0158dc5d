import { computed, ref, watch } from "vue";

import { api, bodyOf } from "@/api/client";
import { useFloor } from "@/live/floor";
import { useSession } from "@/session/store";

interface SetByLeader {
  state: string;
  reason: string;
  by: string;
  note: string;
}

/** A pause or sign-out of this person that a leader has set, with what they wrote, until it is confirmed or over. */
export function useSetByLeader() {
  const floor = useFloor();
  const session = useSession();
  const set = ref<SetByLeader | null>(null);
  const me = computed(() => (session.agent === null ? undefined : floor.agents.get(session.agent)));
  let turn = 0;

  watch(
    // Each by itself: any other change of this agent would show a notice again that has been confirmed.
    [() => me.value?.set_by ?? "", () => me.value?.state, () => me.value?.reason] as const,
    async ([by, state, reason]) => {
      const mine = ++turn;
      set.value = null;
      if (by === "" || by === session.person?.login || (state !== "paused" && state !== "signed_out")) return;
      const notice = { state, reason: reason ?? "", by, note: "" };
      const params = { path: { number: session.agent ?? "" } };
      try {
        // With the name of the leader; the feed has the login.
        const presence = await bodyOf(api.GET("/api/v1/agents/{number}/presence", { params }));
        if (mine === turn) set.value = { ...notice, by: presence.by_name || by, note: presence.note };
      } catch {
        if (mine === turn) set.value = notice;
      }
    },
    { immediate: true },
  );

  return {
    set,
    seen: () => {
      set.value = null;
    },
  };
}
