import type { UnreadableImage } from '@cflow/images/node';
import { count } from './format.js';
import { noteLine } from './output.js';
import { printable } from './printable.js';

const MOST_NAMED = 20;

/** Names images that were left out, on stderr; if there are very many, the first ones and how many more. */
export function noteUnreadable(unreadable: readonly UnreadableImage[]): void {
  if (unreadable.length === 0) return;
  for (const { error } of unreadable.slice(0, MOST_NAMED)) noteLine(printable(`left out: ${error.message}`));
  const left = unreadable.length - MOST_NAMED;
  noteLine(
    `${count(unreadable.length, 'image')} could not be read${left > 0 ? ` (${left} more not named here)` : ''}`,
  );
}
