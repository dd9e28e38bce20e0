import { access } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DataSetError, type DataSetItem, type Label, type Split } from '@cflow/spec';
import { compareNames, type FileTree } from '../files/file-tree.js';
import { readTable, requireColumns } from '../tables/read-table.js';

const SPLIT_FILE = join('split_csv', '1cls.csv');

interface SplitRow {
  name: string;
  split: Split;
  label: Label;
}

/**
 * The items of a category of VisA as the official one-class split has them, `split_csv/1cls.csv` beside the category (columns
 * object, split, label, image, mask), where it lists the category; else as they are. Images that it does not list are left out.
 * @throws DataSetError
 */
export async function officialSplit(tree: FileTree, items: DataSetItem[]): Promise<DataSetItem[]> {
  const rows = await splitRows(tree);
  if (!rows) return items;
  const known = new Map(items.map((item) => [item.name, item]));
  const missing = rows.filter(({ name }) => !known.has(name)).map(({ name }) => name);
  if (missing.length > 0) {
    throw new DataSetError(
      `${missing.length} images that ${SPLIT_FILE} lists are not in ${tree.root}: ${missing.slice(0, 5).join(', ')}`,
      { details: { root: tree.root, missing: missing.length, names: missing.slice(0, 5) } },
    );
  }
  return rows
    .map(({ name, split, label }): DataSetItem => ({ ...(known.get(name) as DataSetItem), split, label }))
    .sort((a, b) => compareNames(a.name, b.name));
}

/** The rows of the official split for this category, or undefined when there is no such file or no such row. */
async function splitRows(tree: FileTree): Promise<SplitRow[] | undefined> {
  const path = join(dirname(tree.root), SPLIT_FILE);
  const exists = await access(path).then(
    () => true,
    () => false,
  );
  if (!exists) return undefined;
  const category = basename(tree.root);
  const rows: SplitRow[] = [];
  const required = requireColumns(path, ['object', 'split', 'label', 'image']);
  for (const row of (await readTable(path, required)).rows) {
    if (row.get('object') !== category) continue;
    const split = row.get('split');
    const label = row.get('label');
    if ((split !== 'train' && split !== 'test') || (label !== 'normal' && label !== 'anomaly')) {
      throw new DataSetError(
        `${path}, line ${row.line}: expected a split of train or test and a label of normal or anomaly, got ${split} and ${label}`,
        { details: { path, line: row.line } },
      );
    }
    const name = (row.get('image') ?? '').split('/').slice(1).join('/');
    rows.push({ name, split, label: label === 'normal' ? 'good' : 'bad' });
  }
  return rows.length === 0 ? undefined : rows;
}
