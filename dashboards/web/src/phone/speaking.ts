/** Of the microphone's level (0 for -60 dB, 1 for 0 dB): above the noise of a room, below a calm voice. */
const VOICE = 0.5;
/** Looks that are watched, and how many of them must be loud: a cough or a key is shorter. */
const LOOKS = 12;
const LOUD = 5;

/** Whether someone speaks, from the levels of the last looks, the newest last. */
export function speaks(levels: readonly number[]): boolean {
  return levels.slice(-LOOKS).filter((level) => level >= VOICE).length >= LOUD;
}

/** The levels with one more; old ones go. */
export function heard(levels: readonly number[], level: number): number[] {
  return [...levels, level].slice(-LOOKS);
}
