import { computed } from "vue";

import { useFloor } from "@/live/floor";
import { useSession } from "@/session/store";

import { mineOf } from "./mine";

/** The calls of this person's own phone. */
export function useMine() {
  const session = useSession();
  const floor = useFloor();
  return computed(() => mineOf(floor.calls.values(), session.agent, floor.agents.get(session.agent ?? "")));
}
