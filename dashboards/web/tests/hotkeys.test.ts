import { effectScope } from "vue";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { listenForKeys, useHotkeys } from "@/keys/hotkeys";

const scope = effectScope();
const run = vi.fn();
let here = true;
listenForKeys();

beforeEach(() => {
  here = true;
  run.mockClear();
});
scope.run(() => {
  const text = "keys.help";
  useHotkeys({ code: "Alt+KeyP", shown: "Alt+P", text, run, when: () => here });
  useHotkeys({ code: "KeyJ", shown: "J", text, run });
});
afterEach(() => {
  document.body.replaceChildren();
});

function press(code: string, more: KeyboardEventInit = {}, target: EventTarget = document.body): KeyboardEvent {
  const event = new KeyboardEvent("keydown", { code, bubbles: true, cancelable: true, ...more });
  target.dispatchEvent(event);
  return event;
}

it("a key runs its act and nothing else happens", () => {
  expect(press("KeyP", { altKey: true }).defaultPrevented).toBe(true);
  expect(run).toHaveBeenCalledOnce();
});

it("needs exactly its modifiers", () => {
  press("KeyP");
  press("KeyP", { altKey: true, shiftKey: true });
  expect(run).not.toHaveBeenCalled();
});

it("belongs to the input method while a word is composed", () => {
  press("KeyP", { altKey: true, isComposing: true });
  press("KeyJ", { keyCode: 229 });
  expect(run).not.toHaveBeenCalled();
});

it("a letter is text inside a field; a chord works there", () => {
  const field = document.createElement("input");
  document.body.append(field);
  press("KeyJ", {}, field);
  expect(run).not.toHaveBeenCalled();
  press("KeyP", { altKey: true }, field);
  expect(run).toHaveBeenCalledOnce();
});

it("does nothing while its act makes no sense, nor on repeats", () => {
  here = false;
  press("KeyP", { altKey: true });
  here = true;
  press("KeyP", { altKey: true, repeat: true });
  expect(run).not.toHaveBeenCalled();
});
