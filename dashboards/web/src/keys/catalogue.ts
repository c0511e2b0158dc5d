import type { TextKey } from "@/texts";

import type { Hotkey } from "./hotkeys";

export type KeyOf = Pick<Hotkey, "code" | "shown" | "text" | "places">;

const plain = (text: TextKey, code: string, label: string): KeyOf => ({ text, code, shown: label });

/** Every key of the pages, for the list in which a person changes theirs (/me); the pages themselves register them. */
export const KEYS: readonly KeyOf[] = [
  plain("keys.help", "Shift+Slash", "?"),
  plain("keys.palette", "Ctrl+KeyK", "Ctrl+K"),
  plain("keys.available", "Alt+KeyA", "Alt+A"),
  plain("keys.pause", "Alt+KeyP", "Alt+P"),
  plain("keys.answer", "F2", "F2"),
  plain("keys.end", "F4", "F4"),
  plain("keys.hold", "F6", "F6"),
  plain("keys.mute", "F7", "F7"),
  plain("keys.promise", "Alt+KeyB", "Alt+B"),
  plain("keys.finish", "Alt+Enter", "Alt+Enter"),
  plain("keys.return_call", "Alt+KeyB", "Alt+B"),
  plain("keys.flag", "Alt+KeyF", "Alt+F"),
];
