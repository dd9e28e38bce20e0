import { evenlySpaced } from '../evenly-spaced.js';
import type { TreeFile } from '../files/file-tree.js';
import { lookInto } from './content-of.js';

const MOST_FILES = 8;

/** What is in some files of many. */
export interface Looks {
  photographs: number;
  /** Of the photographs, those in color. */
  colored: number;
  /** Of the files that can be read, those that are no photographs. */
  others: number;
}

/** Looks into eight of the files at most, evenly spaced. Rejects with the signal's reason. */
export async function looksOf(files: readonly TreeFile[], signal: AbortSignal | undefined): Promise<Looks> {
  const looks: Looks = { photographs: 0, colored: 0, others: 0 };
  for (const { path } of evenlySpaced(files, MOST_FILES)) {
    const look = await lookInto(path, signal);
    if (look?.content === 'photograph') looks.photographs++;
    else if (look) looks.others++;
    if (look?.isColored) looks.colored++;
  }
  return looks;
}
