/** Why a computer cannot have a phone in the page; null where it can. */
export type Lack = "insecure" | "old_browser";

/** A page that is neither https nor localhost gets no microphone (W3C Secure Contexts). */
export function lackOf(place: { isSecureContext: boolean; RTCPeerConnection?: unknown }): Lack | null {
  if (!place.isSecureContext) return "insecure";
  return place.RTCPeerConnection === undefined ? "old_browser" : null;
}

/** Why there is no microphone, from the name of the browser's error (W3C Media Capture, getUserMedia). */
export type MicrophoneRefusal = "denied" | "none" | "taken" | "unknown";

export function refusalOfMicrophone(error: unknown): MicrophoneRefusal {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "denied";
  if (name === "NotFoundError" || name === "OverconstrainedError") return "none";
  if (name === "NotReadableError" || name === "AbortError") return "taken";
  return "unknown";
}
