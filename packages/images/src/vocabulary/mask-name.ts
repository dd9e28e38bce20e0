/** What the name of a file says when it may be that of a mask. */
export interface MaskName {
  /** Names, without extension, that the image of this mask may have, the likeliest first. */
  of: string[];
  /** Only a mask is called so, even where its image is not beside it. */
  certain: boolean;
  /** The name alone does not say it, and an image beside it neither: what is in it has to. */
  weak?: true;
}

const CERTAIN: ReadonlySet<string> = new Set(['mask', 'masks', 'groundtruth', 'ground truth']);
const PERHAPS: ReadonlySet<string> = new Set([
  ...['gt', 'msk', 'label', 'labels', 'lbl', 'annotation', 'annotations', 'anno', 'seg', 'segmentation'],
]);
/** Words that say of a mask what it is: `0_defect_mask` belongs to `0`. */
const BEFORE_MASK: ReadonlySet<string> = new Set([
  ...PERHAPS,
  ...['defect', 'defects', 'anomaly', 'binary', 'bin', 'pixel', 'true'],
]);
const BEFORE: ReadonlySet<string> = new Set([
  'mask',
  'masks',
  'gt',
  'msk',
  'label',
  'lbl',
  'seg',
  'groundtruth',
  'ground truth',
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
    word === 'truth' && before.word === 'ground' ? [before.rest, 'ground truth'] : [rest, word];
  if (of !== '' && CERTAIN.has(said)) {
    const inner = lastWord(of);
    const isTold = inner.rest !== '' && BEFORE_MASK.has(inner.word);
    return { of: isTold ? [of, inner.rest] : [of], certain: true };
  }
  if (of !== '' && PERHAPS.has(said)) return { of: [of], certain: false };
  if (of !== '' && said === WEAK) return { of: [of], certain: false, weak: true };
  const joined = stem.slice(0, -JOINED.length);
  // Only beside an image that is called so: "unmask" is a word of its own.
  if (joined !== '' && stem.toLowerCase().endsWith(JOINED)) return { of: [joined], certain: false };
  const first = firstWord(stem);
  const second = firstWord(first.rest);
  const two = `${first.word} ${second.word}`;
  const left = two === 'ground truth' ? second.rest : BEFORE.has(first.word) ? first.rest : '';
  return left === '' ? undefined : { of: [left], certain: false };
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
