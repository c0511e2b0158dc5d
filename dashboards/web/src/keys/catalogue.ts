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
  plain("keys.pass", "F8", "F8"),
  plain("keys.back", "F9", "F9"),
  plain("keys.conference", "F10", "F10"),
  plain("keys.swap", "Alt+KeyS", "Alt+S"),
  plain("keys.keypad", "Alt+KeyK", "Alt+K"),
  plain("keys.dial", "Alt+KeyD", "Alt+D"),
  plain("keys.reason", "Alt+KeyR", "Alt+R"),
  plain("keys.question", "Alt+KeyQ", "Alt+Q"),
  plain("keys.case", "Alt+KeyN", "Alt+N"),
  plain("keys.promise", "Alt+KeyB", "Alt+B"),
  plain("keys.finish", "Alt+Enter", "Alt+Enter"),
  plain("keys.call_back", "F2", "F2"),
  plain("keys.return_call", "Alt+KeyB", "Alt+B"),
  plain("keys.flag", "Alt+KeyF", "Alt+F"),
  plain("keys.listen", "Alt+KeyL", "Alt+L"),
  plain("keys.whisper", "Alt+KeyW", "Alt+W"),
  plain("keys.barge", "Alt+KeyJ", "Alt+J"),
  plain("keys.take", "Alt+KeyT", "Alt+T"),
  plain("keys.stop_listening", "Alt+KeyX", "Alt+X"),
  plain("keys.message", "Alt+KeyM", "Alt+M"),
  plain("keys.waiting", "Alt+KeyO", "Alt+O"),
  plain("keys.hand", "Alt+KeyH", "Alt+H"),
];
