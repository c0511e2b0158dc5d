import type { Schemas } from "@/api/client";

/** Why a call that rings is not taken (R3), the commonest first. */
export const DECLINES: readonly Schemas["DeclineReason"][] = [
  "finishing_a_record",
  "other_language",
  "personally_involved",
  "equipment",
  "emergency",
  "other",
];
