import { evenlySpaced } from '../evenly-spaced.js';
import type { TreeFile } from '../files/file-tree.js';
import { contentOf } from './content-of.js';
import { ambiguous, someOf } from './say-which.js';

/** Files that are looked into. */
const MOST_LOOKED_AT = 8;

/**
 * Which of the files whose names leave it open are masks by what is in them, few values: all of them or none.
 * @param named a person named their folders, and cannot be asked again: where only some are masks, every file is looked into
 * @throws DataSetError where some are, others are not, and nobody named them
 */
export async function likeMasks(
  files: readonly TreeFile[],
  { named = false, signal }: { named?: boolean | undefined; signal?: AbortSignal | undefined } = {},
): Promise<ReadonlySet<TreeFile>> {
  const like: string[] = [];
  const unlike: string[] = [];
  for (const file of evenlySpaced(files, MOST_LOOKED_AT))
    ((await isLikeMask(file, signal)) ? like : unlike).push(file.name);
  if (like.length === 0) return new Set();
  if (unlike.length === 0) return new Set(files);
  if (named) {
    const found = new Set<TreeFile>();
    for (const file of files) if (await isLikeMask(file, signal)) found.add(file);
    return found;
  }
  throw ambiguous(
    `cannot tell what files such as ${someOf(like, 2)} and ${someOf(unlike, 2)} are, which are named like an image beside them`,
    ['masks of it', 'images of their own'],
    { like: like.slice(0, 5), unlike: unlike.slice(0, 5) },
  );
}

async function isLikeMask({ path }: TreeFile, signal: AbortSignal | undefined): Promise<boolean> {
  const content = await contentOf(path, signal);
  return content !== undefined && content !== 'photograph';
}
