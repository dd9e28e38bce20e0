import { basename } from 'node:path';
import { type DataSet, DataSetError } from '@cflow/spec';
import { type FileTree, type SkippedFile, subtree, topFolders } from './files/file-tree.js';
import { skippedFiles } from './files/skipped-files.js';
import { FOLDER_LAYOUTS, type FolderLayout } from './layouts/folder-layouts.js';
import type { ResolvedOptions } from './open-options.js';
import { checkAnnotations, withAnnotations } from './reading/check-annotations.js';
import { arePhotographs } from './reading/find-photographs.js';
import { folderNodes } from './reading/folder-node.js';
import { readTree } from './reading/read-tree.js';
import { someOf } from './reading/say-which.js';
import { openTableFolder, tableIn } from './tables/open-table-folder.js';
import { meaningOf } from './vocabulary/meaning-of.js';

const ARCHIVE = /\.(zip|tar|tgz|gz|bz2|xz|7z|rar)$/i;

const [FALLBACK] = FOLDER_LAYOUTS.slice(-1) as [FolderLayout];

/**
 * A data set from the files below a folder: by its words and layout, or by the table in it.
 * @param name of the folder, for reports
 * @throws DataSetError
 */
export async function openFolder(top: FileTree, name: string, options: ResolvedOptions): Promise<DataSet> {
  if (options.layout === 'csv') return openTableFolder(top, name, options);
  const mayBeTable = options.layout === undefined;
  if (
    mayBeTable &&
    options.category === undefined &&
    top.tables.some(({ folders }) => folders.length === 0)
  ) {
    const table = await tableIn(top, name, options);
    if (table) return table;
  }
  const { tree, layout, outside } = await choose(top, options);
  // An archive is often called like the folder in it.
  const own = basename(tree.root);
  const inner = tree === top || own === name ? name : `${name}/${own}`;
  if (mayBeTable && tree.tables.length > 0) {
    const table = await tableIn(tree, inner, options);
    if (table) return table;
  }
  if (!layout.matches(tree)) {
    throw new DataSetError(
      `${tree.root} is not in the layout ${layout.layout}: expected ${layout.expects}; ${contents(tree)}`,
      { details: { root: tree.root, layout: layout.layout } },
    );
  }
  return readFolder({ ...tree, skipped: [...tree.skipped, ...outside] }, layout, inner, options);
}

/** A tree that is known to be of a layout. */
export async function readFolder(
  tree: FileTree,
  layout: FolderLayout,
  name: string,
  options: ResolvedOptions,
): Promise<DataSet> {
  const reading = await readTree(tree, options);
  const items = (await layout.split?.(tree, reading.items)) ?? reading.items;
  if (items.length === 0) {
    throw new DataSetError(`no images in ${tree.root}: expected ${layout.expects}; ${contents(tree)}`);
  }
  await checkAnnotations(tree.root, items, reading.skipped, reading.meanings, options.signal);
  const kept = new Set(items.map((item) => item.name));
  const unlisted = reading.items
    .filter((item) => !kept.has(item.name))
    .map((item): SkippedFile => ({ name: item.name, reason: 'not-listed' }));
  const tables = tree.tables.map((table): SkippedFile => ({ name: table.name, reason: 'other-table' }));
  return {
    layout: layout.layout,
    name,
    root: tree.root,
    items,
    skipped: skippedFiles([
      ...withAnnotations(items, reading.skipped, reading.meanings),
      ...tables,
      ...unlisted,
    ]),
    masksOfGood: reading.masksOfGood,
    batches: reading.batches,
  };
}

interface Choice {
  tree: FileTree;
  layout: FolderLayout;
  /** What lies beside the tree and takes no part. */
  outside: SkippedFile[];
}

/** Which tree to read (the folder, or one category of it) and how. */
async function choose(top: FileTree, options: ResolvedOptions): Promise<Choice> {
  if (top.images.length === 0) throw noImages(top);
  const candidates = FOLDER_LAYOUTS.filter(
    ({ layout }) => options.layout === undefined || layout === options.layout,
  );
  const known = candidates.filter((layout) => layout !== FALLBACK);
  const take = (tree: FileTree, outside: SkippedFile[] = []): Choice => ({
    tree,
    layout: candidates.find((layout) => layout.matches(tree)) ?? candidates[0] ?? FALLBACK,
    outside,
  });
  if (options.category !== undefined) return take(categoryOf(top, options.category));
  const folders = topFolders(top);
  const products = await productsAmong(top, options.signal);
  // Words in the names of its folders make it a data set, whatever lies below them.
  if (
    known.some((layout) => layout.matches(top)) ||
    folders.some((folder) => !products.has(folder) && speaks(folder))
  )
    return take(top);
  const inside = folders.map((folder) => [folder, subtree(top, folder)] as const);
  const sets = inside.filter(([, tree]) => isDataSet(tree, known));
  const [only, second] = sets;
  if (second !== undefined) {
    const names = sets.map(([name]) => name);
    throw new DataSetError(
      `${top.root} holds ${names.length} data sets: name one as the category (${someOf(names, 20)}), or name the folders of good images, of bad ones and of masks yourself to take them together`,
      {
        details: { root: top.root, categories: names },
      },
    );
  }
  if (only !== undefined) return take(only[1], outsideOf(top, only[0]));
  const straight = top.images.some((image) => image.folders.length === 0);
  const [wrapped] = inside;
  // A folder around everything, as archivers put it.
  const isWrapper = ([folder]: (typeof inside)[number]): boolean =>
    products.has(folder) || meaningOf(folder).role === 'name';
  if (wrapped && inside.length === 1 && !straight && isWrapper(wrapped)) {
    const inner = await choose(wrapped[1], options);
    return { ...inner, outside: [...inner.outside, ...outsideOf(top, wrapped[0])] };
  }
  return take(top);
}

/** Everything of a tree that lies beside one of its folders. */
function outsideOf(top: FileTree, folder: string): SkippedFile[] {
  const isOutside = ({ name }: { name: string }): boolean => !name.startsWith(`${folder}/`);
  const images = top.images.filter(isOutside).map(({ name }): SkippedFile => ({ name, reason: 'outside' }));
  const tables = top.tables
    .filter(isOutside)
    .map(({ name }): SkippedFile => ({ name, reason: 'other-table' }));
  return [...top.skipped.filter(isOutside), ...images, ...tables];
}

/**
 * Folders directly below the root that are called like masks and hold photographs. Masks of nothing make no sense, so that one alone may be
 * called so by any word; beside others one is a product where it is a data set by itself, in color.
 */
async function productsAmong(top: FileTree, signal: AbortSignal | undefined): Promise<Set<string>> {
  const node = folderNodes(top);
  const folders = [...node.children.values()];
  const isAlone = folders.length === 1 && node.images.length === 0;
  const products = new Set<string>();
  for (const folder of folders) {
    const { role, doubtful } = meaningOf(folder.name);
    if (role !== 'mask') continue;
    const inColor = !doubtful && !isAlone;
    if (inColor && !isDataSet(subtree(top, folder.name), [])) continue;
    if (await arePhotographs(folder, signal, inColor)) products.add(folder.name);
  }
  return products;
}

/** Whether the words of a folder's name say what its images are. */
function speaks(folder: string): boolean {
  const { role, split } = meaningOf(folder);
  return split !== undefined || !['name', 'images'].includes(role);
}

/** Whether a tree is a data set by itself: of a layout that is known, or with folders of good images or for training. */
function isDataSet(tree: FileTree, known: readonly FolderLayout[]): boolean {
  if (known.some((layout) => layout.matches(tree))) return true;
  return topFolders(tree).some((folder) => {
    const { role, split } = meaningOf(folder);
    return role === 'good' || split === 'train';
  });
}

function categoryOf(top: FileTree, category: string): FileTree {
  const folders = topFolders(top);
  if (folders.includes(category)) return subtree(top, category);
  // A folder around everything, as archivers put it.
  const [only] = folders;
  if (only !== undefined && folders.length === 1) {
    const inner = subtree(top, only);
    if (topFolders(inner).includes(category)) return subtree(inner, category);
  }
  throw new DataSetError(
    `${top.root} has no category ${category}: found ${someOf(folders, 20) || 'no folders with images'}`,
    { details: { root: top.root, category, found: folders } },
  );
}

function noImages(top: FileTree): DataSetError {
  const [first] = skippedFiles(top.skipped.filter(({ reason }) => reason === 'unsupported-format'));
  const archive = top.skipped.find(({ name }) => ARCHIVE.test(name));
  const found = first
    ? `; found ${first.count} of the format ${first.hint}`
    : archive
      ? `; found an archive inside, ${archive.name}, which is not opened: give it alone, or unpack it`
      : '';
  return new DataSetError(`no images in ${top.root}: expected ${FALLBACK.expects}${found}`, {
    details: { root: top.root },
  });
}

function contents(tree: FileTree): string {
  const folders = topFolders(tree);
  return `found ${tree.images.length} images, ${folders.length === 0 ? 'no folders' : `folders: ${someOf(folders, 10)}`}`;
}
