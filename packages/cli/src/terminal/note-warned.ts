import { noteLine } from './output.js';
import { printable } from './printable.js';

const MOST_SHOWN = 5;

/** Says on stderr which images are odd, and why: the first few, and how many there are. */
export function noteWarned(warned: readonly string[]): void {
  for (const each of warned.slice(0, MOST_SHOWN)) noteLine(`warning: ${printable(each)}`);
  if (warned.length > MOST_SHOWN) noteLine(`warning: ${warned.length - MOST_SHOWN} more images are odd`);
}
