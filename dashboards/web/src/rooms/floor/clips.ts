import type { Schemas } from "@/api/client";

/** Seconds of sound that explain a flag. */
export const CLIP = 10;
const LEAD = 5;

type Recording = Pick<Schemas["RecordingShape"], "id" | "began_at" | "seconds" | "state">;

/** Where to listen: around the flag's instant; a flag before or after the recording has its nearest ten seconds. */
export function startOfClip(
  recordings: readonly Recording[],
  raisedAt: string,
): { recording: string; second: number } | null {
  const instant = Date.parse(raisedAt);
  const clips = recordings
    .filter((each) => each.state === "kept")
    .map((each) => {
      const into = (instant - Date.parse(each.began_at)) / 1000;
      const second = Math.max(0, Math.min(into - LEAD, each.seconds - CLIP));
      return { recording: each.id, second, away: Math.abs(into - Math.max(0, Math.min(into, each.seconds))) };
    })
    .sort((first, second) => first.away - second.away);
  const [nearest] = clips;
  return nearest === undefined ? null : { recording: nearest.recording, second: nearest.second };
}
