/** While the browser composes a word (an input method), every key belongs to the composition. */
export function composing(event: KeyboardEvent): boolean {
  return event.isComposing || event.keyCode === 229;
}

export function chord(event: KeyboardEvent): string {
  const held = [
    event.ctrlKey || event.metaKey ? "Ctrl+" : "",
    event.altKey ? "Alt+" : "",
    event.shiftKey ? "Shift+" : "",
  ];
  return held.join("") + event.code;
}

const LABELS: Readonly<Record<string, string>> = {
  "Shift+Slash": "?",
  ArrowDown: "↓",
  ArrowLeft: "←",
  ArrowRight: "→",
  ArrowUp: "↑",
  Backquote: "`",
  BracketLeft: "[",
  BracketRight: "]",
  Comma: ",",
  Equal: "=",
  Minus: "-",
  Period: ".",
  Quote: "'",
  Semicolon: ";",
  Slash: "/",
};

/** A chord as it is printed on the keyboard: `Alt+KeyB` is Alt+B. */
export function labelOf(code: string): string {
  const whole = LABELS[code];
  if (whole !== undefined) return whole;
  const parts = code.split("+");
  const last = parts.pop() ?? "";
  return [...parts, LABELS[last] ?? last.replace(/^(Key|Digit|Numpad)(?=.)/, "")].join("+");
}

const MODIFIER = /^(Control|Alt|Shift|Meta|CapsLock|AltGraph|Fn)/;
/** Keys that walk through a page, and chords that the browser keeps for itself. */
const RESERVED =
  /^((Shift\+)?(Tab|Enter|Escape|Space|Backspace|Delete|Home|End|PageUp|PageDown)|(Arrow\w+)|Alt\+(F4|ArrowLeft|ArrowRight|Tab)|F5|F11|F12|Ctrl\+(Shift\+)?Key[NTWRCVXZA]|Ctrl\+Tab|Ctrl\+F4|Ctrl\+Digit\d)$/;

/** The chord that the user presses next; null after Escape or for a chord that cannot be had. */
export function nextChord(): Promise<string | null> {
  return new Promise((resolve) => {
    function onKey(event: KeyboardEvent): void {
      if (composing(event) || MODIFIER.test(event.code) || event.code === "") return;
      event.preventDefault();
      event.stopPropagation();
      removeEventListener("keydown", onKey, true);
      const pressed = chord(event);
      resolve(RESERVED.test(pressed) ? null : pressed);
    }
    addEventListener("keydown", onKey, true);
  });
}

/** Keys of a list: `run` gets the code and answers whether it used the key. Compositions keep theirs. */
export function onListKeys(run: (code: string) => boolean): (event: KeyboardEvent) => void {
  return (event) => {
    if (composing(event) || event.ctrlKey || event.altKey || event.metaKey) return;
    if (run(event.code)) event.preventDefault();
  };
}
