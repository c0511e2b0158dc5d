import { useQuery } from "@pinia/colada";
import { computed, type Ref } from "vue";

import { api, bodyOf, type Schemas } from "@/api/client";

const MOST_ROWS = 20;

export interface GivenUp {
  call: Schemas["CallShape"];
  /** The open return call to this number, assigned to an agent or not. */
  due: Schemas["ReturnCallShape"] | null;
  /** Whether the caller was answered afterwards. */
  settled: boolean;
}

/** Today's callers who gave up, each with the return call that is due; one row per number, the newest call. */
export function useGivenUp(since: Ref<string | undefined>, filter: Ref<Readonly<Record<string, string>>>) {
  const given = useQuery({
    key: () => ["given-up", since.value ?? "", filter.value],
    enabled: () => since.value !== undefined,
    query: () => {
      const query = { ...filter.value, outcome: "abandoned" as const, since: since.value ?? "", limit: MOST_ROWS };
      return bodyOf(api.GET("/api/v1/calls", { params: { query } }));
    },
    placeholderData: (previous) => previous,
  });
  const answered = useQuery({
    key: () => ["answered", since.value ?? ""],
    enabled: () => since.value !== undefined,
    query: () => {
      const query = { outcome: "answered" as const, since: since.value ?? "", limit: 200 };
      return bodyOf(api.GET("/api/v1/calls", { params: { query } }));
    },
  });
  const due = useQuery({
    key: ["callbacks", "open"],
    query: () => bodyOf(api.GET("/api/v1/callbacks", { params: { query: { open: true, limit: 200 } } })),
  });

  const rows = computed((): GivenUp[] => {
    const seen = new Set<string>();
    return (given.data.value?.items ?? [])
      .filter((call) => call.caller_number === "" || (!seen.has(call.caller_number) && seen.add(call.caller_number)))
      .map((call) => ({
        call,
        due:
          due.data.value?.items.find((each) => each.number !== "" && sameNumber(each.number, call.caller_number)) ??
          null,
        settled: (answered.data.value?.items ?? []).some(
          (each) =>
            each.arrived_at > call.arrived_at &&
            call.caller_number !== "" &&
            [each.caller_number, each.called_number].some((number) => sameNumber(number, call.caller_number)),
        ),
      }));
  });

  async function refresh(): Promise<void> {
    await Promise.all([given.refetch(), answered.refetch(), due.refetch()]);
  }

  async function schedule(call: Schemas["CallShape"], reason: string): Promise<void> {
    const body: Schemas["NewReturnCall"] = {
      number: call.caller_number,
      call: call.id,
      line: call.line,
      reason,
      source: "supervisor",
      matter: "",
      promised: false,
      agent: null,
      case: null,
      customer: null,
      due_at: null,
      language: null,
    };
    await api.POST("/api/v1/callbacks", { body });
    await due.refetch();
  }

  return { rows, failed: computed(() => given.status.value === "error"), refresh, schedule };
}

/** Records hold a number as it came (0139...) and return calls in E.164 (+86139...): the national digits decide. */
export function sameNumber(a: string, b: string): boolean {
  const [first, second] = [a, b].map((number) => number.replace(/\D/g, "").replace(/^0+/, ""));
  if (!first || !second) return false;
  return (
    first === second ||
    (Math.min(first.length, second.length) >= 7 && (first.endsWith(second) || second.endsWith(first)))
  );
}
