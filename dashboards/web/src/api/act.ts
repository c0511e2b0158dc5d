import { ref } from "vue";

import { useTexts } from "@/texts";

import { Refusal } from "./refusal";

/** One act at a time: whether it runs, and the sentence and the code of its refusal. */
export function useAct() {
  const { t } = useTexts();
  const busy = ref(false);
  const refusal = ref("");
  const code = ref("");

  /** Run the act; true when it was done. */
  async function act(what: () => Promise<unknown>): Promise<boolean> {
    if (busy.value) return false;
    busy.value = true;
    refusal.value = "";
    code.value = "";
    try {
      await what();
      return true;
    } catch (error) {
      refusal.value = error instanceof Refusal ? error.message : t("net.unreachable");
      code.value = error instanceof Refusal ? error.code : "";
      return false;
    } finally {
      busy.value = false;
    }
  }

  return { busy, refusal, code, act };
}
