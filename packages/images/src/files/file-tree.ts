import type { SkipReason } from '@cflow/spec';

/** One image or table of a data set. */
export interface TreeFile {
  /** Relative to the root, with `/` as separator. */
  name: string;
  /** Absolute. */
  path: string;
  /** Names of the folders it lies in, outermost first, as far as they may say what it is. */
  folders: readonly string[];
}

/** One file that takes no part, and why. */
export interface SkippedFile {
  name: string;
  reason: SkipReason;
  /** What it is or what to do with it. */
  hint?: string;
}

/** Everything below a folder, told apart by kind, in the order of `compareNames`. */
export interface FileTree {
  /** Absolute path. */
  root: string;
  images: readonly TreeFile[];
  tables: readonly TreeFile[];
  skipped: readonly SkippedFile[];
}

/** Order by UTF-16 code units: the same in every locale and on every machine. */
export function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The name of a file without its folders and its extension. */
export function stemOf(name: string): string {
  const file = name.slice(name.lastIndexOf('/') + 1);
  const dot = file.lastIndexOf('.');
  return dot > 0 ? file.slice(0, dot) : file;
}

/** What files of one name are compared by: systems write accents in two ways, and tools change capitals. */
export function stemKey(name: string): string {
  return stemOf(name).normalize('NFC').toLowerCase();
}

/** The names of the folders directly below the root that images lie in, in order. */
export function topFolders(tree: FileTree): string[] {
  return [...new Set(tree.images.flatMap(({ folders }) => folders.slice(0, 1)))];
}

/** The tree below one folder of a tree. */
export function subtree(tree: FileTree, folder: string): FileTree {
  const prefix = `${folder}/`;
  const inside = <T extends { name: string }>(files: readonly T[]): T[] =>
    files
      .filter(({ name }) => name.startsWith(prefix))
      .map((file) => ({ ...file, name: file.name.slice(prefix.length) }));
  const deeper = (files: readonly TreeFile[]): TreeFile[] =>
    inside(files).map((file) => ({ ...file, folders: file.folders.slice(1) }));
  return {
    root: `${tree.root.replace(/\/$/, '')}/${folder}`,
    images: deeper(tree.images),
    tables: deeper(tree.tables),
    skipped: inside(tree.skipped),
  };
}
