import { useAct } from "@/api/act";
import { api } from "@/api/client";
import { usePhone } from "@/phone/store";

import { useMine } from "./useMine";

/** Answer the call that rings in this page; the one that is spoken on is put on hold before. */
export function useAnswer() {
  const phone = usePhone();
  const mine = useMine();
  const { busy, refusal, act } = useAct();

  /** True once the phone answers; where the hold or the microphone is refused, nothing has changed. */
  async function answer(): Promise<boolean> {
    const first = mine.value.talking;
    if (first === null || phone.talking === null) return await phone.answer();
    const params = { params: { path: { id: first.id } } };
    const held = first.held_since !== null;
    if (!held && !(await act(() => api.POST("/api/v1/calls/{id}/hold", params)))) return false;
    if (await phone.answer()) return true;
    // The caller has hung up meanwhile, or there is no microphone: the first one is not left waiting.
    if (!held) await act(() => api.POST("/api/v1/calls/{id}/unhold", params));
    return false;
  }

  return { busy, refusal, answer };
}
