import { computed, onScopeDispose, ref, watch } from "vue";

import { api, bodyOf, type Schemas } from "@/api/client";
import { useSession } from "@/session/store";

import { useFloor } from "./floor";

interface Subject {
  kind: Schemas["ViewKind"];
  key: string;
}

/** The service drops a page that is silent for 45 seconds. */
const BEAT = 20_000;

/** Who else has the same thing open; this page says so of itself while it is visible. */
export function useViewing(subject: () => Subject | null, writing: () => boolean = () => false) {
  const session = useSession();
  const floor = useFloor();
  const people = ref<readonly Schemas["ViewerShape"][]>([]);

  async function sign(): Promise<void> {
    const at = subject();
    if (at === null || document.hidden) return;
    const seen = await bodyOf(api.POST("/api/v1/viewing", { body: { ...at, writing: writing() } })).catch(() => null);
    const still = subject();
    if (seen !== null && still?.key === at.key && still.kind === at.kind) people.value = seen.people;
  }

  function leave(at: Subject | null): void {
    people.value = [];
    if (at === null) return;
    const params = { path: at };
    void api.DELETE("/api/v1/viewing/{kind}/{key}", { params, keepalive: true }).catch(() => undefined);
  }

  const stop = floor.watchDeltas((kind, data) => {
    const next = data as Schemas["ViewingShape"];
    const at = subject();
    if (kind === "viewing" && at?.kind === next.kind && at.key === next.key) people.value = next.people;
  });
  const timer = setInterval(() => void sign(), BEAT);
  let before: Subject | null = null;
  watch(
    () => subject(),
    (next) => {
      if (before?.kind === next?.kind && before?.key === next?.key) return;
      if (before !== null) leave(before);
      before = next;
      void sign();
    },
    { immediate: true },
  );
  watch(writing, () => void sign());
  onScopeDispose(() => {
    clearInterval(timer);
    stop();
    leave(before);
  });
  return computed(() => people.value.filter((each) => each.login !== session.person?.login));
}
