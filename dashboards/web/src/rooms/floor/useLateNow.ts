import { computed } from "vue";

import { useNow } from "@/live/clock";
import { useFloor } from "@/live/floor";
import type { Call } from "@/live/messages";
import { useNames } from "@/live/names";
import { cadenceOf, openOffer, RING_LIMIT, ringsOf, type Rings } from "@/live/rings";

/** The ring of a call by its line's cadence and its queue's limit. */
export function useRings(): (call: Call) => Rings {
  const moment = useNow();
  const { line, queue } = useNames();
  return (call) => {
    const offer = openOffer(call);
    if (offer === undefined) return { ring: 0, late: false };
    const limit = queue(call.queue)?.ring_limit ?? RING_LIMIT;
    return ringsOf(offer, moment.value, cadenceOf(line(call.line)?.cadence_country), limit);
  };
}

/** How many phones ring past the limit now; none while the link is lost, for a ring may have ended long ago. */
export function useLateNow() {
  const floor = useFloor();
  const rings = useRings();
  return computed(() =>
    floor.link.connected ? [...floor.calls.values()].filter((call) => rings(call).late).length : 0,
  );
}
