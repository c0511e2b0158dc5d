import { defineStore } from "pinia";
import { computed } from "vue";

import { api, bodyOf, type Schemas } from "@/api/client";

import { liveList } from "./list";

export type Supervision = Schemas["Live_supervision"];
export type Hand = Schemas["Live_raised_hand"];

/** A message as the feed has it, with what only its own reader knows. */
export type TeamMessage = Omit<Schemas["Live_message"], "recipients"> & {
  recipients: readonly string[];
  /** Whether the reader of this page has confirmed it; null where the feed does not say. */
  mine: boolean | null;
};

const MESSAGES = 50;

/** The message of the API in the shape of the feed; receipts are known to its sender and to leaders alone. */
export function messageOf(shape: Schemas["TeamMessageShape"]): TeamMessage {
  return {
    id: shape.id,
    at: shape.at,
    by: shape.by,
    by_name: shape.by_name,
    by_agent: shape.by_agent,
    text: shape.text,
    to: shape.to,
    target: shape.target,
    recipients: shape.receipts.map((receipt) => receipt.agent).filter((agent) => agent !== ""),
    read_by: shape.receipts
      .filter((receipt) => receipt.read_at !== null)
      .map((receipt) => receipt.agent || receipt.read_by),
    mine: shape.read_at !== null,
  };
}

/** Who has to confirm a message, and whether this reader is among them and has not yet. */
export function isUnread(
  message: TeamMessage,
  reader: { login: string; agent: string | null; leads: boolean },
): boolean {
  if (message.by === reader.login || message.mine === true) return false;
  if (message.to === "leaders") return reader.leads && message.read_by.length === 0;
  if (reader.agent === null || message.read_by.includes(reader.agent)) return false;
  // A list that was read names its recipients to leaders only, and gives a reader nothing that is for others.
  return message.recipients.includes(reader.agent) || (message.mine === false && !reader.leads);
}

/** Supervisors on calls, raised hands and messages, as far as they concern this person. */
export const useTeam = defineStore("team", () => {
  const supervisions = liveList<Supervision>(
    "supervision",
    async () => (await bodyOf(api.GET("/api/v1/supervisions"))).items,
    (each) => each.state === "ended",
  );
  const hands = liveList<Hand>(
    "raised_hand",
    async () => (await bodyOf(api.GET("/api/v1/raised-hands"))).items,
    (each) => each.state === "lowered",
  );
  const messages = liveList<TeamMessage>("message", async () => {
    const query = { limit: MESSAGES };
    return (await bodyOf(api.GET("/api/v1/messages", { params: { query } }))).items.map(messageOf);
  });
  return {
    supervisions: computed(() => [...supervisions.items.value.values()]),
    /** Those that are up, the longest first. */
    hands: computed(() =>
      [...hands.items.value.values()]
        .filter((hand) => hand.state === "raised")
        .sort((first, second) => (first.raised_at ?? "").localeCompare(second.raised_at ?? "")),
    ),
    /** Those that were answered while this page was open. */
    answered: computed(() => [...hands.items.value.values()].filter((hand) => hand.state === "answered")),
    /** The newest first. */
    messages: computed(() =>
      [...messages.items.value.values()].sort((first, second) => (second.at ?? "").localeCompare(first.at ?? "")),
    ),
    putSupervision: supervisions.put,
    putHand: hands.put,
    putMessage: (shape: Schemas["TeamMessageShape"]) => {
      messages.put(messageOf(shape));
    },
  };
});
