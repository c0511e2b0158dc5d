/** Digits that an input method typed wide, and what people paste around them. */
export function plainNumber(text: string): string {
  return text
    .normalize("NFKC")
    .replace(/[\s()\-–—.·/]/g, "")
    .replace(/^\+86/, "");
}

/** What a keypad can send of a text: digits, star, hash and A to D. */
export function keysOf(text: string): string {
  return text
    .normalize("NFKC")
    .toUpperCase()
    .replace(/[^0-9*#A-D]/g, "");
}
