import { onScopeDispose, ref, watch, type Ref } from "vue";

import { api, bodyOf, type Schemas } from "@/api/client";

export type Hit = Schemas["HitShape"];
const PAUSE = 250;
const LEAST = 2;
const MOST = 12;

/** What the service's search finds for the typed words, a moment after the last key. */
export function useSearch(typed: Ref<string>) {
  const hits = ref<readonly Hit[]>([]);
  const searching = ref(false);
  const failed = ref(false);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let newest = 0;

  async function search(q: string): Promise<void> {
    newest += 1;
    const mine = newest;
    searching.value = true;
    try {
      const page = await bodyOf(api.GET("/api/v1/search", { params: { query: { q, limit: MOST } } }));
      // An older question may be answered after a newer one.
      if (mine === newest) hits.value = page.items;
    } catch {
      if (mine === newest) failed.value = true;
    } finally {
      if (mine === newest) searching.value = false;
    }
  }

  watch(typed, (text) => {
    clearTimeout(timer);
    newest += 1;
    failed.value = searching.value = false;
    hits.value = [];
    const words = text.trim();
    if ([...words].length >= LEAST) timer = setTimeout(() => void search(words), PAUSE);
  });
  onScopeDispose(() => {
    clearTimeout(timer);
    newest += 1;
  });
  return { hits, searching, failed };
}
