import { defineStore } from "pinia";
import { computed, ref } from "vue";

const STORED = "callcenter.consult";

interface Consulting {
  call: string;
  /** Whom: a name, or a number. */
  whom: string;
  /** All three talk. */
  joined: boolean;
}

/** The colleague who is spoken with while the caller hears music; kept over a reload of the page. */
export const useConsult = defineStore("consult", () => {
  const text = sessionStorage.getItem(STORED);
  const consulting = ref<Consulting | null>(text === null ? null : (JSON.parse(text) as Consulting));

  function set(next: Consulting | null): void {
    consulting.value = next;
    if (next === null) sessionStorage.removeItem(STORED);
    else sessionStorage.setItem(STORED, JSON.stringify(next));
  }

  return { of: (call: string) => computed(() => (consulting.value?.call === call ? consulting.value : null)), set };
});
