import { access } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';
import { DataSetError, type DataSetItem, type Label, type Split } from '@cflow/spec';
import { holdOutGood } from './hold-out.js';
import { compareNames, type LayoutOptions } from './image-tree.js';
import { readTable, type TableRow } from './read-table.js';

/** What a CSV must look like, in words for an error. */
export const CSV_EXPECTS: string =
  'a CSV file with a header and the columns path and label, and perhaps split, mask and defect';

const LABELS: ReadonlyMap<string, Label> = new Map([
  ...['good', 'ok', 'normal', '0'].map((name) => [name, 'good'] as const),
  ...['bad', 'ko', 'ng', 'defect', 'anomaly', 'abnormal', '1'].map((name) => [name, 'bad'] as const),
  ...['unknown', ''].map((name) => [name, 'unknown'] as const),
]);

const SPLITS: ReadonlyMap<string, Split> = new Map([
  ['train', 'train'],
  ['validation', 'validation'],
  ['valid', 'validation'],
  ['val', 'validation'],
  ['test', 'test'],
]);

/** How many paths are looked up to tell a wrong folder from single missing files. */
const PROBED_PATHS = 16;

/**
 * A data set from a CSV file: `path,label[,split][,mask][,defect]`, paths relative to the file's folder (absolute
 * ones are taken as they are). Labels: good, ok, normal, 0; bad, ko, ng, defect, anomaly, abnormal, 1; unknown or
 * empty. Without a column `split`, good images are for training, with some held out when there are bad ones, and
 * all others for the test. A single missing file is found when it is read, not here.
 *
 * @throws DataSetError naming the line.
 */
export async function readCsvDataSet(path: string, options: LayoutOptions): Promise<DataSetItem[]> {
  const root = dirname(path);
  const rows = await readTable(path, ['path', 'label']);
  const items = rows.map((row) => itemOf(path, root, row));
  const seen = new Map<string, number>();
  items.forEach((item, i) => {
    const line = rows[i]!.line;
    const earlier = seen.get(item.path);
    if (earlier !== undefined) {
      throw refuse(path, line, `${item.name} is listed twice, first in line ${earlier}`);
    }
    seen.set(item.path, line);
  });
  await checkFolder(path, items);
  items.sort((a, b) => compareNames(a.name, b.name));
  const isSplit = rows[0]?.cells.has('split') === true;
  return isSplit ? items : holdOutGood(items, options.testFraction, options.seed);
}

function itemOf(csv: string, root: string, { line, cells }: TableRow): DataSetItem {
  const cell = (column: string): string => cells.get(column) ?? '';
  const path = cell('path');
  if (path === '') throw refuse(csv, line, 'the path is empty');
  const label = LABELS.get(cell('label').toLowerCase());
  if (label === undefined) {
    throw refuse(csv, line, `expected the label good, bad or unknown, found ${shown(cell('label'))}`);
  }
  const split = cells.has('split')
    ? SPLITS.get(cell('split').toLowerCase())
    : label === 'good'
      ? 'train'
      : 'test';
  if (split === undefined) {
    throw refuse(csv, line, `expected the split train, validation or test, found ${shown(cell('split'))}`);
  }
  const item: DataSetItem = { path: resolve(root, path), name: path.split(sep).join('/'), split, label };
  if (cell('defect') !== '' && label === 'bad') item.defect = cell('defect');
  if (cell('mask') !== '') item.maskPath = resolve(root, cell('mask'));
  return item;
}

async function checkFolder(csv: string, items: readonly DataSetItem[]): Promise<void> {
  const probed = items.slice(0, PROBED_PATHS);
  if (probed.length === 0) return;
  const found = await Promise.all(
    probed.map(({ path }) =>
      access(path).then(
        () => true,
        () => false,
      ),
    ),
  );
  if (found.includes(true)) return;
  throw new DataSetError(
    `none of the images that ${csv} lists first is there, such as ${probed[0]!.path}: paths are relative to the folder of the CSV file`,
    { details: { path: csv, missing: probed.map(({ path }) => path) } },
  );
}

function shown(cell: string): string {
  return JSON.stringify(cell.length > 40 ? `${cell.slice(0, 40)}…` : cell);
}

function refuse(path: string, line: number, message: string): DataSetError {
  return new DataSetError(`${path}, line ${line}: ${message}`, { details: { path, line } });
}
