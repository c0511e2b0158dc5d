import { computed, onScopeDispose, ref, watch, type Ref } from "vue";

/** A board turns its page this often unless it says otherwise: long enough to read a page from across the room. */
const TURN_SECONDS = 12;
const seconds = ref(TURN_SECONDS);
const paused = ref(false);

/** What is on the page of a list that is shown now; a list that fits has one page. */
export function pageOf<Item>(
  items: readonly Item[],
  size: number,
  turn: number,
): { items: Item[]; page: number; of: number } {
  const of = Math.max(1, Math.ceil(items.length / size));
  const page = turn % of;
  return { items: items.slice(page * size, (page + 1) * size), page: page + 1, of };
}

/** The pages of a board turn by themselves, until someone stops them (WCAG 2.2.2). */
export function useRotation() {
  const turn = ref(0);
  let timer: ReturnType<typeof setInterval> | undefined;
  const stop = (): void => {
    clearInterval(timer);
  };
  watch(
    seconds,
    (each) => {
      stop();
      timer = setInterval(() => {
        if (!paused.value) turn.value += 1;
      }, each * 1000);
    },
    { immediate: true },
  );
  onScopeDispose(stop);
  const pages = <Item>(items: Ref<readonly Item[]>, size: number) =>
    computed(() => pageOf(items.value, size, turn.value));
  return { pages, paused, seconds, turn };
}
