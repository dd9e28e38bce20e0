import { wordsOf } from './meaning-of.js';

/** Words that say, with a number, when parts were made or in which lot. */
const WORDS: ReadonlySet<string> = new Set(
  (
    'batch lot shift day week session run serial part charge los schicht tag woche kw t h am pm ' +
    'jan january feb february mar march apr april may jun june jul july aug august sep sept september oct october nov november dec december'
  ).split(' '),
);
/** Kinds of defect are numbered too, but not so far. */
const FEWEST_DIGITS = 4;

/**
 * Whether a folder is called like a day, a lot or a single part, which is no kind of defect: `2026-05-01`, `20260501_1430`, `lot 12`, `000123`.
 * A short number alone may be that of a kind.
 * @param within another such folder, in which any number goes on with what it says: `2026/05/01`
 */
export function isBatch(name: string, within = false): boolean {
  const words = wordsOf(name);
  const numbers = words.filter((word) => /^\p{N}+$/u.test(word));
  if (numbers.length === 0) return false;
  if (numbers.length < words.length) return words.every((word) => numbers.includes(word) || WORDS.has(word));
  return within || numbers.join('').length >= FEWEST_DIGITS;
}
