import { computed, onScopeDispose, ref, watch } from "vue";

import { now } from "@/live/clock";
import { useFloor } from "@/live/floor";
import type { Call } from "@/live/messages";
import { shownState } from "@/live/states";
import { useSession } from "@/session/store";

import { keepLast, lastBefore, type LastCall } from "./last";
import { withdrawnOf, type Withdrawn } from "./mine";
import { useMine } from "./useMine";

/** What concerns one agent on the live floor: the state, the call, the ring, and how the last ring ended. */
export function useDesk() {
  const session = useSession();
  const floor = useFloor();
  const number = computed(() => session.agent);
  const me = computed(() => (number.value === null ? undefined : floor.agents.get(number.value)));
  const state = computed(() => shownState(me.value));
  const mine = useMine();
  const withdrawn = ref<Withdrawn | null>(null);
  /** The call that was spoken on last, for the time after it. */
  const last = ref<LastCall | null>(null);
  const onDuty = computed(() => Object.values(floor.duty).some((agents) => agents.includes(number.value ?? "")));

  let rang: string | null = null;
  const stop = floor.watchDeltas((kind, data) => {
    if (kind !== "call" || number.value === null) return;
    const call = data as Call;
    if (call.id !== rang) return;
    const end = withdrawnOf(call, number.value, now());
    if (end === null) return;
    withdrawn.value = end;
    // A later delta may still bring the reason.
    if (end.why !== "unknown") rang = null;
  });
  onScopeDispose(stop);

  watch(
    () => mine.value.ringing?.call.id,
    (id) => {
      if (id === undefined) return;
      rang = id;
      withdrawn.value = null;
    },
    { immediate: true },
  );
  watch(
    () => mine.value.talking,
    (call) => {
      if (call === null) return;
      last.value = call;
      keepLast(call);
      withdrawn.value = null;
      rang = null;
    },
    { immediate: true },
  );

  // A page that is loaded in the wrap-up has not seen the call.
  watch(
    () => state.value === "wrap_up" && last.value === null,
    async (unseen) => {
      if (!unseen || me.value === undefined) return;
      const before = await lastBefore(me.value);
      last.value ??= before;
    },
    { immediate: true },
  );

  return { number, me, state, mine, withdrawn, last, onDuty };
}
