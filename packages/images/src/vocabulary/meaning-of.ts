import type { Split } from '@cflow/spec';
import { type Sense, WORDS } from './words.js';

/** What the name of a folder says of the images in it. */
export interface Meaning {
  /**
   * `images`: nothing but that images are in it. `name`: the words are not in the vocabulary, so that the folder may
   * be a kind of defect, a batch or a category. `unclear`: words for good beside words that nobody knows.
   */
  role: 'good' | 'bad' | 'mask' | 'unlabelled' | 'ignored' | 'images' | 'name' | 'unclear';
  split?: Split;
  /** The other words: of masks, the folder or kind of images that they belong to; of bad images, their kind; of unclear ones, what nobody knows. */
  of?: string;
  /** Of masks: the words mean something else as often, a product, so that what is in the files has to say it. */
  doubtful?: true;
}

const LONGEST_PHRASE = 3;

/**
 * The meaning of the name of a folder, in any case and with any of blank, `_`, `-`, `.` and capitals between its words:
 * `OK`, `good_test`, `GroundTruth`, `01 not ok`.
 */
export function meaningOf(name: string): Meaning {
  const { senses, unknown } = sensesOf(wordsOf(name));
  const has = (role: Sense['role']): boolean => senses.some((sense) => sense.role === role);
  const split = senses.find((sense) => sense.role === 'split')?.split;
  const found = split === undefined ? {} : { split };
  const certain = senses.some((sense) => sense.role === 'mask' && !sense.doubtful);
  const doubt = certain ? {} : { doubtful: true as const };
  if (unknown.length > 0) {
    // "crack masks" are masks of cracks; but a "missing label" is a kind of defect.
    const mask = senses.some((sense) => sense.role === 'mask' && !sense.weak);
    if (mask && !has('bad')) return { role: 'mask', of: unknown.join(' '), ...doubt, ...found };
    if (mask) return { role: 'unclear', ...found };
    if (has('bad')) return { role: 'bad', of: unknown.join(' '), ...found };
    return has('good') ? { role: 'unclear', of: unknown.join(' ') } : { role: 'name' };
  }
  if (has('ignored')) return { role: 'ignored', ...found };
  if (has('mask')) {
    const of = has('good') !== has('bad') ? { of: has('good') ? 'good' : 'bad' } : {};
    return { role: 'mask', ...of, ...doubt, ...found };
  }
  if (has('unlabelled')) return { role: 'unlabelled', ...found };
  if (has('good') && has('bad')) return { role: 'name' };
  if (has('good')) return { role: 'good', ...found };
  if (has('bad')) return { role: 'bad', ...found };
  return senses.length > 0 ? { role: 'images', ...found } : { role: 'name' };
}

/** The words of a name, in lower case. */
export function wordsOf(name: string): string[] {
  return name
    .normalize('NFKC')
    .slice(0, 255)
    .replace(/(?<=\p{L})(?=\p{Lu}\p{Ll})|(?<=\p{L})(?=\p{N})|(?<=\p{N})(?=\p{L})/gu, ' ')
    .toLowerCase()
    .split(/[^\p{L}\p{N}\p{M}]+/u)
    .filter((word) => word !== '');
}

/** Takes the longest phrase that the vocabulary has, from left to right. Numbers say nothing. */
function sensesOf(words: readonly string[]): { senses: Sense[]; unknown: string[] } {
  const senses: Sense[] = [];
  const unknown: string[] = [];
  for (let at = 0; at < words.length; ) {
    let length = Math.min(LONGEST_PHRASE, words.length - at);
    let sense: Sense | undefined;
    for (; length > 0; length--) {
      sense = WORDS.get(words.slice(at, at + length).join(' '));
      if (sense) break;
    }
    const word = words[at] as string;
    if (sense) senses.push(sense);
    else if (!/^\p{N}+$/u.test(word)) unknown.push(word);
    at += Math.max(1, length);
  }
  return { senses, unknown };
}
