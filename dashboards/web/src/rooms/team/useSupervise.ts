import { computed } from "vue";

import { useAct } from "@/api/act";
import { api, bodyOf } from "@/api/client";
import { Refusal } from "@/api/refusal";
import { useTeam, type Supervision } from "@/live/team";
import { usePhone } from "@/phone/store";
import { useSession } from "@/session/store";

import { lookOf, ownOf, type Mode } from "./modes";

/** A phone that has just ended its part of one call is free a moment later: how often and how long to try, in milliseconds. */
const TRIES = 10;
const PAUSE = 300;

/** Listening to a call and taking part in it, with the own phone of this person. */
export function useSupervise() {
  const team = useTeam();
  const session = useSession();
  const phone = usePhone();
  const { busy, refusal, act } = useAct();
  const own = computed(() => ownOf(team.supervisions, session.person?.login));

  async function stop(): Promise<void> {
    const call = own.value?.call;
    if (call === undefined) return;
    team.putSupervision(await bodyOf(api.DELETE("/api/v1/calls/{id}/listen", { params: { path: { id: call } } })));
  }

  async function start(mode: Mode, call: string, agent: string): Promise<Supervision> {
    // The centre rings this person's own phone; the phone of this page answers that ring by itself.
    phone.expect();
    return await bodyOf(lookOf(mode).begin(call, { agent }));
  }

  async function startOnceFree(mode: Mode, call: string, agent: string): Promise<Supervision> {
    for (let left = TRIES; ; left -= 1) {
      try {
        return await start(mode, call, agent);
      } catch (error) {
        if (!(error instanceof Refusal) || error.code !== "phone_not_ready" || left === 0) throw error;
        await new Promise((resolve) => setTimeout(resolve, PAUSE));
      }
    }
  }

  /** Begin, or change the mode of what runs; a supervision of another call ends first. True when the PBX has accepted it. */
  function begin(mode: Mode, call: string, agent: string): Promise<boolean> {
    return act(async () => {
      const before = own.value;
      const other = before !== null && before.call !== call;
      if (other) await stop();
      team.putSupervision(await (other ? startOnceFree : start)(mode, call, agent));
    });
  }

  return { own, busy, refusal, begin, end: () => act(stop) };
}
