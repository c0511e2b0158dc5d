/**
 * A text that was changed here and elsewhere since `base`: who changed it alone is followed; where both did, both stay,
 * the other one first.
 */
export function mergedText(base: string, mine: string, theirs: string): string {
  if (mine === base || mine === theirs) return theirs;
  if (theirs === base) return mine;
  return `${theirs} ${mine}`;
}
