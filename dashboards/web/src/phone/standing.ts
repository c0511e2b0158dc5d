import type { Look } from "@/live/states";

/** Whether the phone of this page can be rung, and if not, why. */
export type Standing =
  "off" | "no_phone" | "insecure" | "old_browser" | "elsewhere" | "connecting" | "ready" | "failed";

const NONE: Look = { tone: "off", icon: "phone" };
const BROKEN: Look = { tone: "bad", icon: "alert" };
export const STANDINGS: Readonly<Record<Standing, Look>> = {
  off: NONE,
  no_phone: NONE,
  insecure: BROKEN,
  old_browser: BROKEN,
  failed: BROKEN,
  elsewhere: { tone: "warn", icon: "return" },
  connecting: { tone: "warn", icon: "link" },
  ready: { tone: "good", icon: "phone" },
};

/** Whether a call rings at this desk: a phone of its own rings by itself, the page's only where sound is `allowed`. */
export function rings(standing: Standing, allowed: boolean): boolean {
  return standing === "no_phone" || (standing === "ready" && allowed);
}
