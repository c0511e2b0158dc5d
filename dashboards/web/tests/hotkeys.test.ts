import { effectScope } from "vue";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { KEYS } from "@/keys/catalogue";
import { labelOf, nextChord } from "@/keys/chords";
import { bindKeys, listenForKeys, useHotkeys } from "@/keys/hotkeys";

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

it("a person's own key replaces the usual one, and an empty one turns it off", () => {
  bindKeys({ "keys.help": "Ctrl+Shift+KeyY" });
  press("KeyP", { altKey: true });
  expect(run).not.toHaveBeenCalled();
  press("KeyY", { ctrlKey: true, shiftKey: true });
  expect(run).toHaveBeenCalledOnce();
  bindKeys({ "keys.help": "" });
  press("KeyY", { ctrlKey: true, shiftKey: true });
  expect(run).toHaveBeenCalledOnce();
  bindKeys({});
  press("KeyP", { altKey: true });
  expect(run).toHaveBeenCalledTimes(2);
});

it.each([
  ["Alt+KeyB", "Alt+B"],
  ["Shift+Slash", "?"],
  ["Ctrl+Digit1", "Ctrl+1"],
  ["F2", "F2"],
  ["", ""],
])("%s is printed as %s", (code, label) => {
  expect(labelOf(code)).toBe(label);
});

it.each([
  ["KeyG", {}, "KeyG"],
  ["KeyB", { altKey: true }, "Alt+KeyB"],
  ["Escape", {}, null],
  ["Tab", { shiftKey: true }, null],
  ["KeyW", { ctrlKey: true }, null],
])("%s %o may be chosen: %s", async (code, more, chosen) => {
  const next = nextChord();
  press("AltLeft", { altKey: true });
  press("KeyZ", { isComposing: true });
  press(code, more);
  expect(await next).toBe(chosen);
});

it("the list of a person's keys has every key of the pages as the pages register it", () => {
  const sources = import.meta.glob<string>("../src/**/*.{vue,ts}", { query: "?raw", import: "default", eager: true });
  const registered = Object.values(sources).flatMap((source) =>
    [...source.matchAll(/code: "([^"]+)",\s+shown: "([^"]+)",\s+text: "(keys\.[a-z_]+)"/g)].map(
      ([, code, label, text]) => ({ code, shown: label, text }),
    ),
  );
  expect(registered.length).toBeGreaterThan(9);
  // An act may have more keys than the one that is listed; a person's own key replaces them all.
  for (const key of KEYS) expect(registered).toContainEqual(key);
  expect(registered.filter((key) => !KEYS.some((each) => each.text === key.text))).toEqual([]);
});
