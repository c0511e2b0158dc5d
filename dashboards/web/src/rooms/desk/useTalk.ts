import { computed } from "vue";

import { useAct } from "@/api/act";
import { api } from "@/api/client";
import type { Call } from "@/live/messages";

/** Hold and mute of the call that is talked on, as the centre reports them: a reload of the page changes neither. */
export function useTalk(call: () => Call | null) {
  const { busy, refusal, act } = useAct();
  const held = computed(() => (call()?.held_since ?? null) !== null);
  const muted = computed(() => call()?.muted ?? false);
  const params = computed(() => ({ params: { path: { id: call()?.id ?? "" } } }));

  const hold = () =>
    act(() =>
      held.value
        ? api.POST("/api/v1/calls/{id}/unhold", params.value)
        : api.POST("/api/v1/calls/{id}/hold", params.value),
    );
  const mute = () =>
    act(() =>
      muted.value
        ? api.POST("/api/v1/calls/{id}/unmute", params.value)
        : api.POST("/api/v1/calls/{id}/mute", params.value),
    );

  return { busy, refusal, act, params, held, muted, hold, mute };
}
