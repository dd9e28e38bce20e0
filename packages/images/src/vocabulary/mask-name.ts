import { WORDS } from './words.js';

/** What the name of a file says when it may be that of a mask. */
export interface MaskName {
  /** Names, without extension, that the image of this mask may have, the likeliest first. */
  of: string[];
  /** Only a mask is called so, even where its image is not beside it. */
  certain: boolean;
  /** The name alone does not say it, and an image beside it neither: what is in it has to. */
  weak?: true;
}

const GROUND_TRUTH = 'ground truth';
const CERTAIN: ReadonlySet<string> = new Set(['mask', 'masks', 'groundtruth', GROUND_TRUTH]);
/** Words that say what kind of mask it is: `0_defect_mask` belongs to `0`. */
const KINDS: ReadonlySet<string> = new Set([
  ...['defect', 'defects', 'anomaly', 'binary', 'bin', 'pixel', 'true'],
]);
/** Also straight behind a name: `0mask`. */
const JOINED = 'mask';
/** Short for a mask, and for much else: medium, mirrored, monochrome. */
const WEAK = 'm';
const IMAGE: ReadonlySet<string> = new Set(['image', 'img', 'rgb', 'raw']);
const SEPARATORS = ' _.-';
const MOST_DIGITS = 4;

/** What the stem of a file says of a mask: `<name>_mask`, `<name>.gt`, `<name>_m`, `<name>_mask_2`, `mask_<name>`, `<name>mask`; undefined when it is not called like one. */
export function maskName(stem: string): MaskName | undefined {
  const whole = lastWord(stem);
  // One of several masks has a number.
  const { rest, word } = isNumber(whole.word)
    ? lastWord(whole.rest)
    : { ...whole, word: withoutNumber(whole.word) };
  const before = lastWord(rest);
  const [of, said] =
    word === 'truth' && before.word === 'ground' ? [before.rest, GROUND_TRUTH] : [rest, word];
  if (of !== '' && CERTAIN.has(said)) {
    const inner = lastWord(of);
    const isTold = inner.rest !== '' && (KINDS.has(inner.word) || maskWord(inner.word) !== undefined);
    return { of: isTold ? [of, inner.rest] : [of], certain: true };
  }
  const found = of === '' ? undefined : maskWord(said);
  if (found) return { of: [of], certain: false, ...found };
  const joined = stem.slice(0, -JOINED.length);
  // Only beside an image that is called so: "unmask" is a word of its own.
  if (joined !== '' && stem.toLowerCase().endsWith(JOINED)) return { of: [joined], certain: false };
  const first = firstWord(stem);
  const second = firstWord(first.rest);
  const [left, saidFirst] =
    second.word === 'truth' && first.word === 'ground'
      ? [second.rest, GROUND_TRUTH]
      : [first.rest, first.word];
  // "m_0" is much else.
  const foundFirst = left === '' || saidFirst === WEAK ? undefined : maskWord(saidFirst);
  return foundFirst && { of: [left], certain: false, ...foundFirst };
}

/** Whether a word means masks, and only beside an image that it is like: weakly, where it means something else as often. */
function maskWord(word: string): Pick<MaskName, 'weak'> | undefined {
  if (word === WEAK) return { weak: true };
  const sense = WORDS.get(word);
  if (sense?.role !== 'mask') return undefined;
  return sense.doubtful && !sense.weak ? { weak: true } : {};
}

/** A stem without what only says that it is the image, as beside a mask: `12_image` and `12_mask`. */
export function plainStem(stem: string): string {
  const { rest, word } = lastWord(stem);
  return rest !== '' && IMAGE.has(word) ? rest : stem;
}

const isSeparator = (letter: string | undefined): boolean =>
  letter !== undefined && SEPARATORS.includes(letter);
const isDigit = (letter: string | undefined): boolean =>
  letter !== undefined && letter >= '0' && letter <= '9';

/** The word behind the last separator, in lower case, and what is before it. */
function lastWord(text: string): { rest: string; word: string } {
  let start = text.length;
  while (start > 0 && !isSeparator(text[start - 1])) start--;
  let end = start;
  while (end > 0 && isSeparator(text[end - 1])) end--;
  return { rest: text.slice(0, end), word: text.slice(start).toLowerCase() };
}

/** The word before the first separator, in lower case, and what is behind it. */
function firstWord(text: string): { rest: string; word: string } {
  let end = 0;
  while (end < text.length && !isSeparator(text[end])) end++;
  let start = end;
  while (isSeparator(text[start])) start++;
  return { rest: text.slice(start), word: text.slice(0, end).toLowerCase() };
}

function isNumber(word: string): boolean {
  return word !== '' && word.length <= MOST_DIGITS && withoutNumber(word) === '';
}

function withoutNumber(word: string): string {
  let end = word.length;
  while (end > 0 && word.length - end < MOST_DIGITS && isDigit(word[end - 1])) end--;
  return word.slice(0, end);
}
