/** A phrase as this person reads it. */
export interface Phrase {
  key: string;
  text: string;
}

const MOST = 6;
/** Two colons, also as an input method writes them, and the beginning of a key before the caret. */
const ASKED = /(?:::|：：)([^\s:：]{0,20})$/u;

/** What stands between the colons and the caret; null where no phrase is asked for. */
export function askedBefore(caret: string): string | null {
  return ASKED.exec(caret)?.[1] ?? null;
}

/** Phrases whose key begins with the letters, then those whose text holds them. */
export function matching(phrases: readonly Phrase[], letters: string): Phrase[] {
  const small = letters.toLowerCase();
  const byKey = phrases.filter((each) => each.key.toLowerCase().startsWith(small));
  const byText = phrases.filter((each) => !byKey.includes(each) && each.text.toLowerCase().includes(small));
  return [...byKey, ...byText].slice(0, MOST);
}

/** The text before the caret with the phrase in place of what asked for it. */
export function withPhrase(caret: string, phrase: Phrase): string {
  return caret.replace(ASKED, () => phrase.text);
}
