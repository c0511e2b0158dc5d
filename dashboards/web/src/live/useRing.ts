import { computed } from "vue";

import { useNow } from "./clock";
import type { Offer } from "./messages";
import { RING_LIMIT, ringsOf, type Cadence } from "./rings";

/** The ring of one phone as it grows: its count, its limit and whether it is past it (R1). */
export function useRing(of: () => { offer: Offer; cadence: Cadence; limit?: number | null | undefined }) {
  const moment = useNow();
  const limit = computed(() => of().limit ?? RING_LIMIT);
  const rings = computed(() => ringsOf(of().offer, moment.value, of().cadence, limit.value));
  return { limit, rings };
}
