import { activeHotkeys, shownOf } from "@/keys/hotkeys";
import type { Agent } from "@/live/messages";
import type { TextKey } from "@/texts";

/** One line of the palette. */
export interface Entry {
  id: string;
  group: TextKey;
  title: string;
  note: string;
  run: () => void;
}

const ROWS = 8;

/** Whether each word of what was typed is in the text; full-width letters and cases are the same. */
export function matches(text: string, typed: string): boolean {
  const plain = text.normalize("NFKC").toLowerCase();
  return typed
    .normalize("NFKC")
    .toLowerCase()
    .split(/\s+/)
    .every((word) => plain.includes(word));
}

/** The acts of this page that make sense now, with their keys; without what opens the palette itself. */
export function actEntries(t: (key: TextKey, places?: Record<string, string | number>) => string): Entry[] {
  return activeHotkeys()
    .filter((key) => key.text !== "keys.palette" && !key.text.startsWith("nav.") && (key.when?.() ?? true))
    .map((key) => ({
      id: `act:${key.code}`,
      group: "palette.acts",
      title: t(key.text, { ...key.places }),
      note: shownOf(key),
      run: key.run,
    }));
}

export function agentEntries(
  agents: Iterable<Agent>,
  word: (agent: Agent) => string,
  open: (n: string) => void,
): Entry[] {
  return [...agents].map((agent) => ({
    id: `agent:${agent.number}`,
    group: "palette.agents",
    title: `${agent.name} ${agent.number}`.trim(),
    note: word(agent),
    run: () => {
      open(agent.number);
    },
  }));
}

/** What fits to the typed words, a few of each group; nothing typed shows pages and acts. */
export function fitting(entries: readonly Entry[], typed: string): Entry[] {
  const words = typed.trim();
  const counts = new Map<TextKey, number>();
  return entries.filter((entry) => {
    if (words === "" && entry.group === "palette.agents") return false;
    if (words !== "" && !matches(`${entry.title} ${entry.note}`, words)) return false;
    const count = (counts.get(entry.group) ?? 0) + 1;
    counts.set(entry.group, count);
    return count <= ROWS;
  });
}
