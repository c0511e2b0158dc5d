import type { Schemas } from "@/api/client";
import type { TextKey } from "@/texts";

type Sound = Pick<Schemas["CallSoundShape"], "mos" | "cause">;

/** From these marks on (1 to 4.5, E-model) a call sounds clear, or can be understood. */
const CLEAR = 4;
const POOR = 3.1;
const CAUSES: Readonly<Record<string, TextKey>> = {
  weak_network: "sound.weak_network",
  bad_network: "sound.bad_network",
  nothing_arrives: "sound.nothing_arrives",
  silent_microphone: "sound.silent_microphone",
  silent_caller: "sound.silent_caller",
};

/** How a call sounded, in words: the worst of its parts; null where nothing was measured. */
export function soundOf(parts: readonly Sound[]): { tone: "good" | "warn" | "bad"; texts: readonly TextKey[] } | null {
  const measured = parts.filter((part) => part.mos !== null);
  const worst = measured.sort((first, second) => (first.mos ?? 0) - (second.mos ?? 0))[0] ?? parts[0];
  if (worst === undefined) return null;
  const cause = CAUSES[worst.cause];
  if (worst.mos === null) return cause === undefined ? null : { tone: "warn", texts: [cause] };
  const tone = worst.mos >= CLEAR ? "good" : worst.mos >= POOR ? "warn" : "bad";
  return { tone, texts: cause === undefined ? [`sound.${tone}`] : [`sound.${tone}`, cause] };
}
