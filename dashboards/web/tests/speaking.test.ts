import { expect, it } from "vitest";

import { heard, speaks } from "@/phone/speaking";

function after(...levels: number[]): boolean {
  return speaks(levels.reduce<number[]>((before, level) => heard(before, level), []));
}

it("notices a voice, with the pauses between its words", () => {
  expect(after(0.6, 0.1, 0.6, 0.6, 0.1, 0.6, 0.6)).toBe(true);
});

it("takes neither a cough nor the noise of a room for a voice", () => {
  expect(after(0.9, 0.9, 0.1, 0.1, 0.1)).toBe(false);
  expect(after(...Array<number>(40).fill(0.3))).toBe(false);
});

it("lets go of what was said before", () => {
  expect(after(...Array<number>(12).fill(0.8), ...Array<number>(12).fill(0.1))).toBe(false);
});
