import { access } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DataSetError, type DataSetItem, type Label, type Split } from '@cflow/spec';
import { holdOutGood } from './hold-out.js';
import { compareNames, type FolderLayout, type ImageTree, pathOf, segments, stem } from './image-tree.js';
import { checkMasks } from './masks.js';
import { readTable } from './read-table.js';

const IMAGES = /^data\/images\/(normal|anomaly)\//i;
const MASKS = /^data\/masks\/anomaly\//i;
const SPLIT_FILE = join('split_csv', '1cls.csv');

/**
 * One category of VisA: `Data/Images/Normal`, `Data/Images/Anomaly`, `Data/Masks/Anomaly`. The official one-class
 * split is taken from `split_csv/1cls.csv` beside the category (columns object, split, label, image, mask), where
 * it lists the category; else good images are held out by the seed.
 */
export const visa: FolderLayout = {
  layout: 'visa',
  expects: 'a category with Data/Images/Normal and Data/Images/Anomaly, masks in Data/Masks/Anomaly',
  matches: (tree) => tree.images.some((name) => IMAGES.test(name)),
  read: async (tree, { testFraction, seed, missingMasks }) => {
    const found = folderItems(tree);
    const split = await officialSplit(tree);
    const items =
      split === undefined ? holdOutGood(found, testFraction, seed) : applySplit(tree, found, split);
    if (missingMasks === 'error' && tree.images.some((name) => MASKS.test(name))) {
      checkMasks(items, 'Data/Masks/Anomaly/<image name>.png');
    }
    return items;
  },
};

function folderItems(tree: ImageTree): DataSetItem[] {
  const masks = new Map<string, string>();
  for (const name of tree.images) {
    if (MASKS.test(name)) masks.set(stem(name.replace(MASKS, '')), pathOf(tree, name));
  }
  return tree.images.flatMap((name): DataSetItem[] => {
    const kind = IMAGES.exec(name)?.[1]?.toLowerCase();
    const base = { path: pathOf(tree, name), name };
    if (kind === undefined) return [];
    if (kind === 'normal') return [{ ...base, split: 'train', label: 'good' }];
    const maskPath = masks.get(stem(name.replace(IMAGES, '')));
    const mask = maskPath === undefined ? {} : { maskPath };
    return [{ ...base, split: 'test', label: 'bad', defect: 'anomaly', ...mask }];
  });
}

interface SplitRow {
  name: string;
  split: Split;
  label: Label;
  mask: string;
}

/** The rows of the official split for this category, or undefined when there is no such file or no such row. */
async function officialSplit(tree: ImageTree): Promise<SplitRow[] | undefined> {
  const path = join(dirname(tree.root), SPLIT_FILE);
  const exists = await access(path).then(
    () => true,
    () => false,
  );
  if (!exists) return undefined;
  const category = basename(tree.root);
  const rows: SplitRow[] = [];
  for (const { line, cells } of await readTable(path, ['object', 'split', 'label', 'image'])) {
    if (cells.get('object') !== category) continue;
    const split = cells.get('split');
    const label = cells.get('label');
    if ((split !== 'train' && split !== 'test') || (label !== 'normal' && label !== 'anomaly')) {
      throw new DataSetError(
        `${path}, line ${line}: expected a split of train or test and a label of normal or anomaly, found ${split} and ${label}`,
        { details: { path, line } },
      );
    }
    const inCategory = (cell: string | undefined): string =>
      segments(cell ?? '')
        .slice(1)
        .join('/');
    rows.push({
      name: inCategory(cells.get('image')),
      split,
      label: label === 'normal' ? 'good' : 'bad',
      mask: inCategory(cells.get('mask')),
    });
  }
  return rows.length === 0 ? undefined : rows;
}

/** The items as the split lists them; images that it does not list are left out. */
function applySplit(
  tree: ImageTree,
  found: readonly DataSetItem[],
  rows: readonly SplitRow[],
): DataSetItem[] {
  const known = new Map(found.map((item) => [item.name, item]));
  const missing = rows.filter(({ name }) => !known.has(name)).map(({ name }) => name);
  if (missing.length > 0) {
    throw new DataSetError(
      `${missing.length} images that ${SPLIT_FILE} lists are not in ${tree.root}: ${missing.slice(0, 5).join(', ')}`,
      { details: { root: tree.root, missing: missing.length, names: missing.slice(0, 5) } },
    );
  }
  const names = new Set(tree.images);
  return rows
    .map(({ name, split, label, mask }): DataSetItem => {
      const base = { path: pathOf(tree, name), name, split, label };
      if (label !== 'bad') return base;
      return { ...base, defect: 'anomaly', ...(names.has(mask) ? { maskPath: pathOf(tree, mask) } : {}) };
    })
    .sort((a, b) => compareNames(a.name, b.name));
}
