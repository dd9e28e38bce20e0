import type { FileTree } from '../files/file-tree.js';
import { type Meaning, meaningOf } from '../vocabulary/meaning-of.js';
import { findPhotographs } from './find-photographs.js';

/** What a folder says of what is in it, by its names from the root down to it. */
export type FolderMeanings = (path: readonly string[]) => Meaning;

/**
 * What the folders of a tree say: what they are called, unless what is in them says otherwise. Whatever asks whether a folder holds
 * masks asks here, so that folders, tables, lists and annotations are read alike.
 */
export async function folderMeanings(
  tree: Pick<FileTree, 'images'>,
  signal?: AbortSignal,
): Promise<FolderMeanings> {
  const photographs = await findPhotographs(tree, signal);
  return (path) => (photographs.has(path.join('/')) ? { role: 'name' } : meaningOf(path.at(-1) ?? ''));
}

/** Whether something lies in a folder of masks, or below one. */
export const isBelowMasks = (folders: readonly string[], meanings: FolderMeanings): boolean =>
  folders.some((_, i) => meanings(folders.slice(0, i + 1)).role === 'mask');
