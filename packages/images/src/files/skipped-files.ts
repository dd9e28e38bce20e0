import type { SkippedFiles } from '@cflow/spec';
import type { SkippedFile } from './file-tree.js';

const MOST_NAMED = 5;

/** Files that take no part, gathered by the reason and by what they are, with the first few names of each. */
export function skippedFiles(files: readonly SkippedFile[]): SkippedFiles[] {
  const groups = new Map<string, SkippedFiles>();
  for (const { name, reason, hint } of files) {
    // Ends of names are gathered: there may be any number of them.
    const key = reason === 'not-an-image' ? reason : `${reason}/${hint ?? ''}`;
    let group = groups.get(key);
    if (!group) {
      group = {
        reason,
        count: 0,
        names: [],
        ...(hint !== undefined && reason !== 'not-an-image' && { hint }),
      };
      groups.set(key, group);
    }
    group.count++;
    if (group.names.length < MOST_NAMED) group.names.push(name);
  }
  return [...groups.values()];
}
