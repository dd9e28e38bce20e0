import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { type DataSet, DataSetError, type DataSetLayout, type Label, type Split } from '@cflow/spec';
import { findByPattern } from './find-by-pattern.js';
import { btech } from './layouts/btech.js';
import { CSV_EXPECTS, readCsvDataSet } from './layouts/csv.js';
import { folder } from './layouts/folder.js';
import { type FolderLayout, type ImageTree, type LayoutOptions, subtrees } from './layouts/image-tree.js';
import { kolektor } from './layouts/kolektor.js';
import { mvtec } from './layouts/mvtec.js';
import { visa } from './layouts/visa.js';
import { listImages } from './list-images.js';

/** How a data set is opened. */
export interface OpenDataSetOptions {
  /** Read as this layout instead of recognising it. */
  layout?: DataSetLayout;
  /** The category, where the folder holds several data sets (`bottle` of MVTec AD, `candle` of VisA, `01` of BTech). */
  category?: string;
  /** Part of the good images, 0 to 1, held out for the test where the layout has no split. Default 0.2. */
  testFraction?: number;
  /** Decides which good images are held out. Default 0. */
  seed?: number;
  /** Where there are masks, a bad test image without one is an error (the default), or simply has none. */
  missingMasks?: 'error' | 'ignore';
  /** Label of the images of a glob. Default `unknown`. */
  label?: Label;
  /** Split of the images of a glob. Default `train`. */
  split?: Split;
  /** Folder that relative paths start from. Default: the working directory. */
  folder?: string;
}

/** The first that matches is taken; `folder` matches anything. */
const LAYOUTS: readonly FolderLayout[] = [visa, kolektor, mvtec, btech, folder];

/**
 * Opens a data set: a folder in a layout that is recognised, a CSV file, a glob, or a list of files, folders and
 * globs. Items are sorted by name, in code units. When there are only good images, all are for training.
 *
 * @throws DataSetError that says what was expected and what was found.
 */
export async function openDataSet(
  source: string | readonly string[],
  options: OpenDataSetOptions = {},
): Promise<DataSet> {
  const from = resolve(options.folder ?? '.');
  const { layout } = options;
  if (typeof source !== 'string' || layout === 'glob') return openGlob(source, from, options);
  const path = resolve(from, source);
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return openGlob(source, from, options);
  if (found.isDirectory() && layout !== 'csv') return openFolder(path, options);
  if (layout === 'csv' || (layout === undefined && /\.csv$/i.test(path))) {
    if (found.isDirectory()) throw new DataSetError(`expected ${CSV_EXPECTS}, found the folder ${path}`);
    const items = await readCsvDataSet(path, layoutOptions(options));
    if (items.length === 0) throw new DataSetError(`no images: ${path} has no rows below its header`);
    return { layout: 'csv', name: basename(path), root: resolve(path, '..'), items };
  }
  if (layout !== undefined)
    throw new DataSetError(`the layout ${layout} needs a folder, found the file ${path}`);
  return openGlob(source, from, options);
}

async function openGlob(
  source: string | readonly string[],
  from: string,
  { layout, label = 'unknown', split = 'train' }: OpenDataSetOptions,
): Promise<DataSet> {
  const patterns = typeof source === 'string' ? [source] : source;
  if (layout !== undefined && layout !== 'glob') {
    throw new DataSetError(
      `the layout ${layout} needs one ${layout === 'csv' ? 'CSV file' : 'folder'} that exists, found ${patterns.join(', ') || 'an empty list'}`,
    );
  }
  if (patterns.length === 0) throw new DataSetError('no images: the list of files and globs is empty');
  const { root, items } = await findByPattern(patterns, from, { label, split });
  const name = patterns.length === 1 ? patterns[0]! : `${patterns[0]} and ${patterns.length - 1} more`;
  return { layout: 'glob', name, root, items };
}

async function openFolder(path: string, options: OpenDataSetOptions): Promise<DataSet> {
  const top = await listImages(path);
  const { tree, layout } = choose(top, options);
  if (!layout.matches(tree)) {
    throw new DataSetError(
      `${tree.root} is not in the layout ${layout.layout}: expected ${layout.expects}; ${contents(tree)}`,
      { details: { root: tree.root, layout: layout.layout } },
    );
  }
  const items = await layout.read(tree, layoutOptions(options));
  if (items.length === 0) {
    throw new DataSetError(`no images in ${tree.root}: expected ${layout.expects}; ${contents(tree)}`);
  }
  const name = tree === top ? basename(path) : `${basename(path)}/${basename(tree.root)}`;
  return { layout: layout.layout, name, root: tree.root, items };
}

/** Which tree to read (the folder, or one category of it) and how. */
function choose(top: ImageTree, options: OpenDataSetOptions): { tree: ImageTree; layout: FolderLayout } {
  if (top.images.length === 0) {
    throw new DataSetError(`no images in ${top.root}: expected ${folder.expects}`, {
      details: { root: top.root },
    });
  }
  const candidates = LAYOUTS.filter(
    ({ layout }) => options.layout === undefined || layout === options.layout,
  );
  const known = candidates.filter((layout) => layout !== folder);
  const inside = subtrees(top);
  if (options.category !== undefined) {
    const tree = inside.get(options.category);
    if (tree === undefined) {
      throw new DataSetError(
        `${top.root} has no category ${options.category}: found ${[...inside.keys()].join(', ') || 'no folders with images'}`,
        { details: { root: top.root, category: options.category, found: [...inside.keys()] } },
      );
    }
    return { tree, layout: recognise(tree, candidates) };
  }
  if (known.some((layout) => layout.matches(top))) return { tree: top, layout: recognise(top, known) };
  const categories = [...inside].filter(([, tree]) => known.some((layout) => layout.matches(tree)));
  const [only, second] = categories;
  if (second !== undefined) {
    const names = categories.map(([name]) => name);
    throw new DataSetError(
      `${top.root} holds ${names.length} data sets: name one as the category (${names.join(', ')})`,
      { details: { root: top.root, categories: names } },
    );
  }
  if (only !== undefined) return { tree: only[1], layout: recognise(only[1], known) };
  return { tree: top, layout: recognise(top, candidates) };
}

function recognise(tree: ImageTree, candidates: readonly FolderLayout[]): FolderLayout {
  return candidates.find((layout) => layout.matches(tree)) ?? candidates[0] ?? folder;
}

function contents(tree: ImageTree): string {
  const folders = [...subtrees(tree).keys()];
  const listed = folders.slice(0, 10).join(', ') + (folders.length > 10 ? ', ...' : '');
  return `found ${tree.images.length} images, ${folders.length === 0 ? 'no folders' : `folders: ${listed}`}`;
}

function layoutOptions({
  testFraction = 0.2,
  seed = 0,
  missingMasks = 'error',
}: OpenDataSetOptions): LayoutOptions {
  if (!(testFraction >= 0 && testFraction < 1)) {
    throw new DataSetError(`the test fraction must be at least 0 and below 1, found ${testFraction}`);
  }
  return { testFraction, seed, missingMasks };
}
