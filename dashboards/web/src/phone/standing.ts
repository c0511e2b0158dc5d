/** Whether the phone of this page can be rung, and if not, why. */
export type Standing =
  "off" | "no_phone" | "insecure" | "old_browser" | "elsewhere" | "connecting" | "ready" | "failed";

/** Whether a call rings at this desk: a phone of its own rings by itself, the page's only where sound is `allowed`. */
export function rings(standing: Standing, allowed: boolean): boolean {
  return standing === "no_phone" || (standing === "ready" && allowed);
}
