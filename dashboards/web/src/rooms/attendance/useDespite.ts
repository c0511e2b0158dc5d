import { ref, watch, type Ref } from "vue";

/** The refusals of a leader's pause or sign-out that a stated reason lifts (D5, H1). */
const LIFTED: readonly string[] = ["coverage_would_fall", "relief_not_arrived"];

/** Why a leader takes an agent off the desk although a line is left short: asked for once the service wants it. */
export function useDespite(code: Ref<string>, leads: () => boolean) {
  const asked = ref(false);
  const despite = ref("");
  watch(code, (now) => {
    if (leads() && LIFTED.includes(now)) asked.value = true;
  });

  /** The act is done: the next one is asked again. */
  function settle(): void {
    asked.value = false;
    despite.value = "";
  }

  return { asked, despite, settle };
}
