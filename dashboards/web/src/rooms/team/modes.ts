import { api, type Schemas } from "@/api/client";
import type { KeyOf } from "@/keys/catalogue";
import type { Supervision } from "@/live/team";
import type { TextKey } from "@/texts";
import type { IconName } from "@/ui/icons";

export type Mode = Schemas["Mode"];
type Body = Schemas["Supervised"];

interface Look {
  mode: Mode;
  word: TextKey;
  /** What the supervisor does in this mode, for the bar. */
  state: TextKey;
  icon: IconName;
  key: KeyOf;
  begin: (id: string, body: Body) => Promise<{ data?: Schemas["SupervisionShape"] }>;
}

const params = (id: string) => ({ path: { id } });

/** From the softest to the hardest; each has its key, and a key pressed during a supervision changes its mode. */
export const MODES: readonly Look[] = [
  {
    mode: "listen",
    word: "supervise.listen",
    state: "supervise.state.listen",
    icon: "headset",
    key: { code: "Alt+KeyL", shown: "Alt+L", text: "keys.listen" },
    begin: (id, body) => api.POST("/api/v1/calls/{id}/listen", { params: params(id), body }),
  },
  {
    mode: "whisper",
    word: "supervise.whisper",
    state: "supervise.state.whisper",
    icon: "whisper",
    key: { code: "Alt+KeyW", shown: "Alt+W", text: "keys.whisper" },
    begin: (id, body) => api.POST("/api/v1/calls/{id}/whisper", { params: params(id), body }),
  },
  {
    mode: "barge",
    word: "supervise.barge",
    state: "supervise.state.barge",
    icon: "people",
    key: { code: "Alt+KeyJ", shown: "Alt+J", text: "keys.barge" },
    begin: (id, body) => api.POST("/api/v1/calls/{id}/barge", { params: params(id), body }),
  },
  {
    mode: "take",
    word: "supervise.take",
    state: "supervise.state.take",
    icon: "phone",
    key: { code: "Alt+KeyT", shown: "Alt+T", text: "keys.take" },
    begin: (id, body) => api.POST("/api/v1/calls/{id}/take", { params: params(id), body }),
  },
];

export function lookOf(mode: string): Look {
  return MODES.find((each) => each.mode === mode) ?? (MODES[0] as Look);
}

/** The supervision of this person, of which there is one at most: they have one phone in the hand. */
export function ownOf(all: readonly Supervision[], login: string | undefined): Supervision | null {
  return all.find((each) => each.by === login && each.state !== "ended") ?? null;
}

/** Who is on the call of this agent, besides the reader. */
export function othersOf(all: readonly Supervision[], agent: string, login: string | undefined): Supervision[] {
  return all.filter((each) => each.agent === agent && each.by !== login && each.state === "active");
}
