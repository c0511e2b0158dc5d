import { onScopeDispose, shallowReactive, watch, type Ref } from "vue";

import type { TextKey } from "@/texts";

import { chord, composing, labelOf } from "./chords";

/** A key of the page: `code` as in KeyboardEvent.code with its modifiers, such as `Alt+KeyP` or `F2`. */
export interface Hotkey {
  code: string;
  /** As it is printed on the keyboard. */
  shown: string;
  /** What it does, for the list of keys; also its name among a person's own keys. */
  text: TextKey;
  /** What fills the places of the text. */
  places?: Readonly<Record<string, string | number>>;
  run: () => void;
  /** Whether it does anything now. */
  when?: () => boolean;
  /** Whether it belongs to a dialog and works while that is open. */
  dialog?: boolean;
}

const keys = shallowReactive(new Set<Hotkey>());
/** A person's own keys by the name of the act; an empty chord turns a key off (WCAG 2.1.4). */
const own = shallowReactive(new Map<string, string>());

export function nameOf(key: Pick<Hotkey, "text" | "places">): string {
  return [key.text, ...Object.values(key.places ?? {})].join(".");
}

/** The chord of an act as this person has it; empty when it is turned off. */
export function chordOf(key: Pick<Hotkey, "text" | "places" | "code">): string {
  return own.get(nameOf(key)) ?? key.code;
}

/** What the key is called on the keyboard; empty when it is turned off. */
export function shownOf(key: Pick<Hotkey, "text" | "places" | "code" | "shown">): string {
  const mine = own.get(nameOf(key));
  return mine === undefined ? key.shown : labelOf(mine);
}

/** Replace the person's own keys. */
export function bindKeys(chords: Readonly<Record<string, string>>): void {
  own.clear();
  for (const [name, code] of Object.entries(chords)) own.set(name, code);
}

export function activeHotkeys(): Hotkey[] {
  return [...keys];
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
  const modal = document.querySelector("dialog:modal") !== null;
  const pressed = chord(event);
  // The newest wins: a page's key stands before the shell's.
  const key = [...keys]
    .reverse()
    .find((each) => (!modal || each.dialog) && chordOf(each) === pressed && (each.when?.() ?? true));
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

/** Keys of one field (`Enter`, `Ctrl+Enter`, `ArrowDown`); those of a composition stay with the input method. */
export function useFieldKeys(
  field: Readonly<Ref<HTMLElement | null>>,
  actions: Readonly<Record<string, () => void>>,
): void {
  function onFieldKey(event: KeyboardEvent): void {
    const action = actions[chord(event).replace("Numpad", "")];
    if (composing(event) || action === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  }
  watch(
    field,
    (next, before) => {
      before?.removeEventListener("keydown", onFieldKey);
      next?.addEventListener("keydown", onFieldKey);
    },
    { flush: "post", immediate: true },
  );
}
