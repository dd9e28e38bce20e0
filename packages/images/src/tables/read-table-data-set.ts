import { realpath } from 'node:fs/promises';
import { dirname, sep } from 'node:path';
import { DataSetError, type DataSetItem } from '@cflow/spec';
import { compareNames, stemOf } from '../files/file-tree.js';
import { holdOutGood } from '../reading/hold-out.js';
import { someOf } from '../reading/say-which.js';
import { meaningOf } from '../vocabulary/meaning-of.js';
import { namesOf, TABLE_EXPECTS, type TableColumns, tableColumns } from './columns.js';
import {
  asSpelled,
  type FilesByName,
  isAscii,
  locatePaths,
  maskNamed,
  nameBelow,
  plainPath,
} from './locate.js';
import { readTable } from './read-table.js';
import { answerOf, labelOf, type RowLabel, splitNamed } from './row-label.js';
import { settleColumns } from './settle-columns.js';
import type { Table, TableRow } from './table.js';

export interface TableOptions {
  /** Part of the good images held out for the test where the table has no split. */
  testFraction: number;
  seed: number;
  /** Folders that paths may be relative to besides that of the table. */
  folders?: readonly string[];
  /** Images, and files in folders of masks, by their own names, for paths without a folder; undefined for a name that several have. */
  byName?: FilesByName;
  masksByName?: FilesByName;
  /** Folder that no path may lead out of: the table may be a stranger's. */
  within?: string | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * A data set from a table of images, by the columns that tools write: `path,label[,split][,mask][,defect]` and their other
 * names. Labels are words of the vocabulary, or 0 and 1. Without a column for the split, good images are for training, with
 * some held out when there are bad ones, and all others for the test. A table called `train` or `test` says it for all its
 * rows. A single missing file is found when it is read, not here.
 *
 * @throws DataSetError naming the line.
 */
export async function readTableDataSet(path: string, options: TableOptions): Promise<DataSetItem[]> {
  const table = await readTable(path, (columns) => namesOf(columnsOf(path, columns)));
  if (table.rows.length === 0) throw new DataSetError(`no images: ${path} has no rows below its header`);
  const columns = columnsOf(path, table.columns, table.rows);
  return itemsOf(path, table, columns, options);
}

function columnsOf(path: string, found: readonly string[], rows?: readonly TableRow[]): TableColumns {
  const named = tableColumns(found);
  const columns = named && rows ? settleColumns(named, rows) : named;
  if (columns) return columns;
  throw new DataSetError(
    `${path}: expected ${TABLE_EXPECTS}, in a first line that names its columns; got ${someOf(found, 12) || 'nothing'}`,
    { details: { path, found: found.slice(0, 20) } },
  );
}

async function itemsOf(
  path: string,
  { rows }: Table,
  columns: TableColumns,
  { testFraction, seed, folders = [], byName, masksByName, within, signal }: TableOptions,
): Promise<DataSetItem[]> {
  const root = dirname(path);
  const written = rows.map((row) => {
    const cell = row.get(columns.path) ?? '';
    if (cell === '') throw refuse(path, row.line, 'the path is empty');
    return plainPath(cell);
  });
  const locateWritten = await locatePaths(written, [root, ...folders], path, asSpelled, byName);
  const locate = async (each: string): Promise<string> => {
    const file = locateWritten(each);
    return (isAscii(file) ? undefined : await asSpelled(file)) ?? file;
  };
  const locateMask = async (each: string, image: string, line: number): Promise<string> => {
    const file = await maskNamed(each, masksByName, locate, image);
    if (file === undefined)
      throw refuse(path, line, `several masks are called ${shown(each)}; write their folders, too`);
    if (file === image)
      throw refuse(path, line, `${shown(each)} is the image itself; expected the path of its mask`);
    return file;
  };
  const named = splitNamed(stemOf(path));
  let isSplit = named !== undefined;
  const seen = new Map<string, number>();
  const items: DataSetItem[] = [];
  for (const [i, row] of rows.entries()) {
    signal?.throwIfAborted();
    const file = await locate(written[i] as string);
    await checkWithin(within, file, path, row.line);
    const earlier = seen.get(file);
    if (earlier !== undefined) {
      throw refuse(path, row.line, `${row.get(columns.path)} is listed twice, first in line ${earlier}`);
    }
    seen.set(file, row.line);
    const { label, defect, split } = whatRowSays(path, row, columns);
    const told = split ?? named;
    isSplit ||= split !== undefined;
    const item: DataSetItem = {
      path: file,
      name: nameBelow(within ?? root, file),
      split: told ?? (label === 'good' ? 'train' : 'test'),
      label: label === 'unknown' && told === 'train' ? 'good' : label,
    };
    if (defect !== undefined && label === 'bad') item.defect = defect;
    // Masks of good images say nothing that is needed.
    const masks =
      label === 'bad'
        ? await Promise.all(maskPaths(row, columns).map((each) => locateMask(each, file, row.line)))
        : [];
    for (const mask of masks) await checkWithin(within, mask, path, row.line);
    if (masks.length > 0) item.maskPaths = masks;
    items.push(item);
  }
  items.sort((a, b) => compareNames(a.name, b.name));
  return isSplit ? items : holdOutGood(items, testFraction, seed);
}

function whatRowSays(path: string, row: TableRow, columns: TableColumns): RowLabel {
  const cell = (column: string | undefined): string => (column === undefined ? '' : (row.get(column) ?? ''));
  const flag = columns.flag && flagOf(path, row, columns.flag);
  const text = cell(columns.label);
  let said: RowLabel | undefined = columns.label === undefined ? { label: 'unknown' } : labelOf(text);
  if (said === undefined && flag !== undefined) {
    // Beside a column that says what is bad, another word is the kind of defect.
    said = flag === 'bad' ? { label: 'bad', defect: text } : { label: flag };
  }
  // A mask is drawn of what is bad, and the word names it.
  if (said === undefined && maskPaths(row, columns).length > 0) said = { label: 'bad', defect: text };
  if (said === undefined) {
    throw refuse(
      path,
      row.line,
      `expected the label good, bad or unknown, got ${shown(text)}; a kind of defect goes into the column defect, beside the label bad; move a table away that says something else`,
    );
  }
  if (flag !== undefined && flag !== 'unknown' && said.label !== 'unknown' && said.label !== flag) {
    throw refuse(
      path,
      row.line,
      `${columns.label} says ${shown(text)}, and ${columns.flag?.name} says that it is ${flag}`,
    );
  }
  const label = said.label === 'unknown' && flag !== undefined ? flag : said.label;
  const kind = cell(columns.defect);
  const defect = kind !== '' && meaningOf(kind).role !== 'good' ? kind : said.defect;
  const split = columns.split === undefined ? said.split : splitCell(path, row, cell(columns.split));
  return { label, ...(split !== undefined && { split }), ...(defect !== undefined && { defect }) };
}

function flagOf(
  path: string,
  row: TableRow,
  { name, inverted }: { name: string; inverted: boolean },
): RowLabel['label'] {
  const text = row.get(name) ?? '';
  const answer = answerOf(text);
  if (answer === 'nothing') return 'unknown';
  if (answer !== undefined) return answer === inverted ? 'good' : 'bad';
  const word = labelOf(text);
  if (word && !inverted) return word.label;
  throw refuse(path, row.line, `expected 0 or 1, true or false in ${name}, got ${shown(text)}`);
}

function splitCell(path: string, { line }: TableRow, text: string): RowLabel['split'] {
  const split = splitNamed(text);
  if (split !== undefined) return split;
  throw refuse(path, line, `expected the split train, validation or test, got ${shown(text)}`);
}

function maskPaths(row: TableRow, { mask }: TableColumns): string[] {
  const text = mask === undefined ? '' : (row.get(mask) ?? '');
  return text
    .split('\n')
    .map((each) => each.trim())
    .filter((each) => answerOf(each) === undefined)
    .map(plainPath);
}

async function checkWithin(
  within: string | undefined,
  file: string,
  path: string,
  line: number,
): Promise<void> {
  if (within === undefined) return;
  const inside = (each: string): boolean => each.startsWith(within.endsWith(sep) ? within : within + sep);
  // A link inside may lead out as well.
  const real = inside(file) ? await realpath(file).catch(() => file) : file;
  if (inside(file) && (inside(real) || real.startsWith(`${await realpath(within)}${sep}`))) return;
  throw refuse(path, line, 'leads out of the folder of the data set; expected paths of images in it');
}

function shown(cell: string): string {
  return JSON.stringify(cell.length > 40 ? `${cell.slice(0, 40)}…` : cell);
}

function refuse(path: string, line: number, message: string): DataSetError {
  return new DataSetError(`${path}, line ${line}: ${message}`, { details: { path, line } });
}
