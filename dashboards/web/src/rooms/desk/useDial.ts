import { useAct } from "@/api/act";
import { api } from "@/api/client";
import { usePhone } from "@/phone/store";

import { plainNumber } from "./dialling";

/** Call a number: the agent's own phone first; the phone of the page answers that by itself. */
export function useDial() {
  const phone = usePhone();
  const { busy, refusal, act } = useAct();

  function dial(number: string, line: string | null = null, about: string | null = null): Promise<boolean> {
    phone.expect();
    const body = { number: plainNumber(number), line, reason: "", case: about };
    return act(() => api.POST("/api/v1/calls", { body }));
  }

  return { busy, refusal, dial };
}
