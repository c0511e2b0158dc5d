import { defineStore } from "pinia";
import { onMounted } from "vue";

import { useSession } from "@/session/store";

import { api, bodyOf } from "./client";
import { useKept } from "./kept";
import { Refusal } from "./refusal";

type Fields = Record<string, string>;

/** The drafts of a person, read once when the first form asks: only a page that was loaded again has drafts. */
const useDrafts = defineStore("drafts", () => {
  const session = useSession();
  let known: { person: string; drafts: Promise<Map<string, Fields>> } | null = null;

  async function read(): Promise<Map<string, Fields>> {
    const { items } = await bodyOf(api.GET("/api/v1/drafts", { params: { query: {} } }));
    return new Map(items.map((each) => [`${each.kind} ${each.key}`, each.value as Fields]));
  }

  function all(): Promise<Map<string, Fields>> {
    const person = session.person?.id ?? "";
    if (known?.person !== person) {
      const drafts = read();
      known = { person, drafts };
      drafts.catch(() => {
        known = null;
      });
    }
    return known.drafts;
  }

  return { all };
});

/**
 * Keeps the fields of a form that is not sent yet, so that a reload or another computer goes on with them; `found` is
 * called where there are any.
 */
export function useDraft(kind: string, key: string, fields: Fields, found: () => void) {
  const drafts = useDrafts();
  const name = `${kind} ${key}`;
  const path = { kind, key };
  const { keeping, typed, settle } = useKept(save);

  async function save(keepalive: boolean): Promise<void> {
    const value = { ...fields };
    const params = { path, header: {} as { "If-Match": string } };
    await api.PUT("/api/v1/drafts/{kind}/{key}", { params, body: { value }, keepalive });
    (await drafts.all()).set(name, value);
  }

  async function read(): Promise<void> {
    if (!(await drafts.all()).has(name)) return;
    // Read by itself as well: its ETag is that of the next version.
    const { value } = await bodyOf(api.GET("/api/v1/drafts/{kind}/{key}", { params: { path } }));
    for (const field of Object.keys(fields)) fields[field] = String(value[field] ?? "");
    found();
  }

  /** After it was sent, or thrown away. */
  async function discard(): Promise<void> {
    settle();
    const all = await drafts.all();
    if (all.delete(name)) await api.DELETE("/api/v1/drafts/{kind}/{key}", { params: { path } });
  }

  const quietly = (what: () => Promise<void>) => (): void => {
    void what().catch((error: unknown) => {
      if (!(error instanceof Refusal)) throw error;
    });
  };
  onMounted(quietly(read));
  return { keeping, typed, discard: quietly(discard) };
}
