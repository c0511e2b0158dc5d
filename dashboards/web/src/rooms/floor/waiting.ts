import { defineStore } from "pinia";
import { computed, shallowRef } from "vue";

import { api } from "@/api/client";
import { Refusal } from "@/api/refusal";
import { now, useNow } from "@/live/clock";
import { useFloor } from "@/live/floor";
import type { Call } from "@/live/messages";
import { useTexts } from "@/texts";

import { isSettled, type Pending } from "./turns";

/** A refusal stays beside its caller this long, in milliseconds. */
const REFUSED_SHOWN = 20_000;

interface Refused {
  call: string;
  caller: string;
  sentence: string;
  at: number;
}

/** What supervisors do with waiting callers: shown at once, and taken back with the reason where it is refused. */
export const useWaiting = defineStore("waiting", () => {
  const { t } = useTexts();
  const floor = useFloor();
  const moment = useNow();
  const asked = shallowRef<readonly Pending[]>([]);
  const refusals = shallowRef<readonly Refused[]>([]);

  const pending = computed(() =>
    asked.value.filter((each) => !isSettled(each, floor.calls.get(each.call), floor.queues.values(), moment.value)),
  );
  const refused = computed(() => refusals.value.filter((each) => moment.value - each.at < REFUSED_SHOWN));

  async function perform(
    call: Call,
    what: Pick<Pending, "act"> & Partial<Pick<Pending, "target" | "raised">>,
    send: () => Promise<unknown>,
  ): Promise<void> {
    const request: Pending = {
      call: call.id,
      target: "",
      raised: false,
      line: call.line,
      queue: call.queue,
      at: now(),
      ...what,
    };
    asked.value = [...pending.value.filter((each) => each.call !== call.id), request];
    refusals.value = refused.value.filter((each) => each.call !== call.id);
    try {
      await send();
    } catch (error) {
      asked.value = asked.value.filter((each) => each !== request);
      const sentence = error instanceof Refusal ? error.message : t("net.unreachable");
      refusals.value = [...refusals.value, { call: call.id, caller: call.caller_number, sentence, at: now() }];
    }
  }

  const params = (call: Call) => ({ path: { call: call.id } });

  return {
    pending,
    refused,
    pendingOf: (call: string) => pending.value.find((each) => each.call === call),
    move: (call: Call, line: string) =>
      perform(call, { act: "move", target: line }, () =>
        api.POST("/api/v1/waiting/{call}/move", { params: params(call), body: { line } }),
      ),
    give: (call: Call, agent: string) =>
      perform(call, { act: "give", target: agent }, () =>
        api.POST("/api/v1/waiting/{call}/give", { params: params(call), body: { agent } }),
      ),
    rank: (call: Call, raised: boolean) =>
      perform(call, { act: "priority", raised }, () =>
        api.POST("/api/v1/waiting/{call}/priority", { params: params(call), body: { raised } }),
      ),
  };
});
