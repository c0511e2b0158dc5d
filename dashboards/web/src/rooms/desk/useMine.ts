import { computed } from "vue";

import { useFloor } from "@/live/floor";
import { useTeam } from "@/live/team";
import { ownOf } from "@/rooms/team/modes";
import { useSession } from "@/session/store";

import { mineOf } from "./mine";

/** The calls of this person's own phone. */
export function useMine() {
  const session = useSession();
  const floor = useFloor();
  const team = useTeam();
  /** A call that this person has taken over still names the agent who answered it. */
  const taken = computed(() => {
    const own = ownOf(team.supervisions, session.person?.login);
    const call = own?.mode === "take" && own.state === "active" ? floor.calls.get(own.call) : undefined;
    return call !== undefined && call.ended_at === null ? call : null;
  });
  return computed(() => {
    const calls = mineOf(floor.calls.values(), session.agent, floor.agents.get(session.agent ?? ""));
    return { ...calls, talking: calls.talking ?? taken.value };
  });
}
