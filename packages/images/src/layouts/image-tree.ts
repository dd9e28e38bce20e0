import type { DataSetItem } from '@cflow/spec';

/** The image files below a folder, as names relative to it. */
export interface ImageTree {
  /** Absolute path. */
  root: string;
  /** Names with `/` as separator, in the order of `compareNames`. */
  images: readonly string[];
}

/** What the layouts are told besides the tree. */
export interface LayoutOptions {
  /** Part of the good images, 0 to 1, that is held out for the test where a layout has no split of its own. */
  testFraction: number;
  /** Decides which good images are held out. */
  seed: number;
  /** What to do when a layout has masks, but a bad test image has none. */
  missingMasks: 'error' | 'ignore';
}

/** One way to arrange a data set in folders. */
export interface FolderLayout {
  layout: 'mvtec' | 'btech' | 'visa' | 'kolektor' | 'folder';
  /** What must be there for this layout, in words for an error. */
  expects: string;
  matches(tree: ImageTree): boolean;
  /** @throws DataSetError when the tree cannot be read as this layout. */
  read(tree: ImageTree, options: LayoutOptions): DataSetItem[] | Promise<DataSetItem[]>;
}

const EXTENSIONS = new Set([
  ...['png', 'jpg', 'jpeg', 'jpe', 'jfif', 'webp', 'tif', 'tiff', 'gif', 'avif', 'bmp', 'dib'],
]);

/** Whether a name ends like that of an image that can be decoded, in any case. */
export function hasImageExtension(name: string): boolean {
  return EXTENSIONS.has(name.slice(name.lastIndexOf('.') + 1).toLowerCase()) && /[^/\\]\.[^.]+$/.test(name);
}

/** Order by UTF-16 code units: the same in every locale and on every machine. */
export function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A name without its extension. */
export function stem(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot > name.lastIndexOf('/') + 1 ? name.slice(0, dot) : name;
}

/** The folders and the file name of a name. */
export function segments(name: string): string[] {
  return name.split('/');
}

/** The names of the folders directly below the root, in order. */
export function topFolders(tree: ImageTree): string[] {
  const folders = new Set<string>();
  for (const name of tree.images) {
    const slash = name.indexOf('/');
    if (slash > 0) folders.add(name.slice(0, slash));
  }
  return [...folders];
}

/** The trees of the folders directly below the root, by name. */
export function subtrees(tree: ImageTree): Map<string, ImageTree> {
  const names = new Map<string, string[]>();
  for (const name of tree.images) {
    const slash = name.indexOf('/');
    if (slash < 1) continue;
    const folder = name.slice(0, slash);
    const list = names.get(folder) ?? [];
    if (list.length === 0) names.set(folder, list);
    list.push(name.slice(slash + 1));
  }
  return new Map([...names].map(([folder, images]) => [folder, { root: `${tree.root}/${folder}`, images }]));
}

/** The absolute path of a name of the tree. */
export function pathOf(tree: ImageTree, name: string): string {
  return tree.root.endsWith('/') ? tree.root + name : `${tree.root}/${name}`;
}
