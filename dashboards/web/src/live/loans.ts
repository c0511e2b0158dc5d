import { defineStore } from "pinia";
import { computed } from "vue";

import { api, bodyOf, type Schemas } from "@/api/client";

import { liveList } from "./list";

export type Loan = Schemas["LoanShape"];

/** The loans of agents that run now: to a line, a queue, or with a skill, until an instant. */
export const useLoans = defineStore("loans", () => {
  const loans = liveList<Loan>(
    "loan",
    async () => (await bodyOf(api.GET("/api/v1/loans"))).items,
    (loan) => loan.ended_at !== null,
  );
  const all = computed(() => [...loans.items.value.values()]);
  return {
    of: (agent: string) => all.value.filter((loan) => loan.agent === agent),
    put: loans.put,
  };
});
