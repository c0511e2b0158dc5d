import { api, bodyOf } from "@/api/client";
import type { Agent, Call } from "@/live/messages";

/** The call whose record is written in the wrap-up. */
export interface LastCall extends Pick<Call, "id" | "direction"> {
  /** null: not known to this page; empty: withheld. */
  caller_number: string | null;
}

const KEY = "callcenter.last_call";
/** A wrap-up begins with the end of its call, as far as two clocks of the service agree, in milliseconds. */
const NEAR = 60_000;

/** Keep which call this window has shown last; no number is kept. */
export function keepLast(call: LastCall): void {
  sessionStorage.setItem(KEY, JSON.stringify({ id: call.id, direction: call.direction }));
}

function lastOfWindow(): LastCall | null {
  const text = sessionStorage.getItem(KEY);
  if (text === null) return null;
  try {
    return { ...(JSON.parse(text) as Pick<Call, "id" | "direction">), caller_number: null };
  } catch {
    return null;
  }
}

/** The call of a wrap-up that was under way before this page was loaded: by the records, else by this window. */
export async function lastBefore(me: Pick<Agent, "number" | "since">): Promise<LastCall | null> {
  const query = { agent: me.number, limit: 1 };
  const newest = await bodyOf(api.GET("/api/v1/calls", { params: { query } })).then(
    ({ items }) => items[0],
    () => undefined,
  );
  const apart = Math.abs(Date.parse(newest?.ended_at ?? "") - Date.parse(me.since ?? ""));
  if (newest !== undefined && apart < NEAR) return newest;
  return lastOfWindow();
}
