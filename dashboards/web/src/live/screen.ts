import { defineStore } from "pinia";
import { computed, shallowRef } from "vue";

import { api, bodyOf, type Schemas } from "@/api/client";
import { Refusal } from "@/api/refusal";
import { useSession } from "@/session/store";

export type Wall = Schemas["WallShape"];

/** How the token of a board's screen begins; such a page reads `/wall` and the feed, and nothing else. */
const SCREEN = "cc_wall_";

/** What the screen of a board reads in one answer, in place of the lists that people's pages read. */
export const useScreen = defineStore("screen", () => {
  const session = useSession();
  const wall = shallowRef<Wall | null>(null);
  /** Null while nothing is wrong; `ended` is a token that holds no more, `unknown` a board that is not there. */
  const fault = shallowRef<"ended" | "unknown" | null>(null);
  const on = computed(() => session.token.startsWith(SCREEN));

  /** Read the board again; a service that does not answer leaves what is known. */
  async function load(board = ""): Promise<void> {
    try {
      const query = board === "" ? {} : { board };
      wall.value = await bodyOf(api.GET("/api/v1/wall", { params: { query } }));
      fault.value = null;
    } catch (error) {
      if (!(error instanceof Refusal)) return;
      if (error.status === 401) fault.value = "ended";
      else if (error.status === 403 || error.status === 404) fault.value = "unknown";
    }
  }

  return { on, wall, fault, load };
});
