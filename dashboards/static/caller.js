// Who calls, as a person reads it: a withheld number has a word of its own, whatever the carrier sends in its place.

import { t } from "./texts.js";

/** What carriers send instead of a number or a name (RFC 3323, RFC 3325 and practice). */
const HIDDEN = new Set(["", "anonymous", "unknown", "restricted", "private", "unavailable", "<unknown>", "asserted", "withheld"]);

function isHidden(text) {
  return HIDDEN.has((text ?? "").trim().toLowerCase());
}

export function callerNumber(call) {
  return isHidden(call.caller_number) ? t("call.anonymous") : call.caller_number;
}

/** The name that came with the call; a placeholder for none is no name. */
export function callerName(call) {
  return isHidden(call.caller_name) ? "" : call.caller_name;
}
