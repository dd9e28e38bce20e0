import type { Label, Split } from '@cflow/spec';
import { meaningOf } from '../vocabulary/meaning-of.js';

/** What the cells of a row say of its image. */
export interface RowLabel {
  label: Label;
  split?: Split;
  /** A kind of defect that the label names. */
  defect?: string;
}

const YES: ReadonlySet<string> = new Set(['true', 'yes', 'y', 't', '1']);
const NO: ReadonlySet<string> = new Set(['false', 'no', 'n', 'f', '0']);
const NOTHING: ReadonlySet<string> = new Set(['', 'nan', 'none', 'null', 'n/a', 'na', '-1', '?']);

/** Yes, no, nothing said, or a word that is neither: `1`, `1.0`, `True`, `false`, `nan`. */
export function answerOf(text: string): boolean | 'nothing' | undefined {
  const lower = text.toLowerCase().replace(/^([+-]?\d+)\.0*$/, '$1');
  if (YES.has(lower)) return true;
  if (NO.has(lower)) return false;
  return NOTHING.has(lower) ? 'nothing' : undefined;
}

/**
 * What a label says: a word of the vocabulary, or a number as tools write them, 0 for good and 1 for bad. Undefined for a
 * word that nobody knows.
 */
export function labelOf(text: string): RowLabel | undefined {
  const answer = answerOf(text);
  if (answer === 'nothing') return { label: 'unknown' };
  // "n" may stand for normal, and "yes" for anything.
  if (answer !== undefined && /^([01](\.0*)?|true|false)$/i.test(text))
    return { label: answer ? 'bad' : 'good' };
  const { role, split, of } = meaningOf(text);
  const found = split === undefined ? {} : { split };
  if (role === 'good') return { label: 'good', ...found };
  if (role === 'unlabelled') return { label: 'unknown', ...found };
  if (role !== 'bad') return undefined;
  return { label: 'bad', ...found, ...(of !== undefined && { defect: text }) };
}

/** The split that a cell names; undefined for any other word. */
export function splitNamed(text: string): Split | undefined {
  const { role, split } = meaningOf(text);
  return role === 'images' ? split : undefined;
}
