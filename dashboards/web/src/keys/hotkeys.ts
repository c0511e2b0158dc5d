import { onScopeDispose, shallowReactive } from "vue";

import type { TextKey } from "@/texts";

/** A key of the page: `code` as in KeyboardEvent.code with its modifiers, such as `Alt+KeyP` or `F2`. */
export interface Hotkey {
  code: string;
  /** As it is printed on the keyboard. */
  shown: string;
  /** What it does, for the list of keys. */
  text: TextKey;
  /** What fills the places of the text. */
  places?: Readonly<Record<string, string | number>>;
  run: () => void;
  /** Whether it does anything now. */
  when?: () => boolean;
}

const keys = shallowReactive(new Set<Hotkey>());

export function activeHotkeys(): Hotkey[] {
  return [...keys];
}

/** While the browser composes a word (an input method), every key belongs to the composition. */
function composing(event: KeyboardEvent): boolean {
  return event.isComposing || event.keyCode === 229;
}

function chord(event: KeyboardEvent): string {
  const held = [
    event.ctrlKey || event.metaKey ? "Ctrl+" : "",
    event.altKey ? "Alt+" : "",
    event.shiftKey ? "Shift+" : "",
  ];
  return held.join("") + event.code;
}

/** Keys without a modifier are text inside a field, and dialogs keep what is behind them out of reach. */
function belongsToField(event: KeyboardEvent): boolean {
  const target = event.target;
  if (!(target instanceof HTMLElement)) return false;
  const editable = target.isContentEditable || target.matches("input, textarea, select");
  return editable && !event.ctrlKey && !event.altKey && !event.metaKey && !/^F\d+$/.test(event.code);
}

function onKey(event: KeyboardEvent): void {
  if (composing(event) || event.repeat || event.defaultPrevented || belongsToField(event)) return;
  if (document.querySelector("dialog:modal") !== null) return;
  const pressed = chord(event);
  // The newest wins: a page's key stands before the shell's.
  const key = [...keys].reverse().find((each) => each.code === pressed && (each.when?.() ?? true));
  if (key === undefined) return;
  event.preventDefault();
  key.run();
}

/** Listen for the page's keys; called once. */
export function listenForKeys(): void {
  addEventListener("keydown", onKey);
}

/** These keys work while the component lives. */
export function useHotkeys(...some: Hotkey[]): void {
  for (const key of some) keys.add(key);
  onScopeDispose(() => {
    for (const key of some) keys.delete(key);
  });
}
