import { basename, dirname } from 'node:path';
import { type DataSet, DataSetError, type DataSetItem } from '@cflow/spec';
import {
  compareNames,
  type FileTree,
  type SkippedFile,
  stemOf,
  type TreeFile,
  topFolders,
} from '../files/file-tree.js';
import { skippedFiles } from '../files/skipped-files.js';
import type { ResolvedOptions } from '../open-options.js';
import { folderMeanings, isBelowMasks } from '../reading/folder-meanings.js';
import { readTree } from '../reading/read-tree.js';
import { ambiguous, SAY_WHICH, someOf } from '../reading/say-which.js';
import { meaningOf } from '../vocabulary/meaning-of.js';
import { namesOf, TABLE_EXPECTS, type TableColumns, tableColumns } from './columns.js';
import type { FilesByName } from './locate.js';
import { readColumns, readTable } from './read-table.js';
import { readTableDataSet } from './read-table-data-set.js';
import { splitNamed } from './row-label.js';
import { settleColumns } from './settle-columns.js';

/** The data set that a folder's table lists. @throws DataSetError when it has none */
export async function openTableFolder(
  tree: FileTree,
  name: string,
  options: ResolvedOptions,
): Promise<DataSet> {
  const { lists } = await sortTables(tree, options.signal);
  if (lists.length > 0) return readTables(tree, lists, name, options);
  const found =
    tree.tables.length > 0
      ? `, in which ${someOf(tree.tables.map((table) => table.name))} lists no images`
      : '';
  throw new DataSetError(`expected ${TABLE_EXPECTS}; got the folder ${tree.root}${found}`, {
    details: { root: tree.root },
  });
}

/**
 * The data set that a folder's table lists, where it has one. A table beside folders that say themselves what is good must
 * agree with them; then the folders are read.
 * @returns undefined when the folders are to be read
 * @throws DataSetError when the two disagree, or when nothing but a table that cannot be understood might say what is good
 */
export async function tableIn(
  tree: FileTree,
  name: string,
  options: ResolvedOptions,
): Promise<DataSet | undefined> {
  const { lists, others } = await sortTables(tree, options.signal);
  const speak = topFolders(tree).some((folder) => {
    const { role, split } = meaningOf(folder);
    return role === 'good' || split !== undefined;
  });
  if (lists.length === 0) {
    if (speak || others.length === 0 || tree.images.length === 0) return undefined;
    const [{ file, columns }] = others as [UnclearTable];
    throw new DataSetError(
      `cannot tell which images of ${tree.root} are good: no folder is called so, and ${file.name} may say it, but lists no images in a way ` +
        `that is known: expected ${TABLE_EXPECTS}, got the columns ${someOf(columns, 12) || '(none)'}; name its columns so, move it away, or ${SAY_WHICH}`,
      { details: { root: tree.root, table: file.name, columns: columns.slice(0, 20) } },
    );
  }
  const table = await readTables(tree, lists, name, options);
  if (!speak) return table;
  const { items } = await readTree(tree, { ...options, missingMasks: 'ignore' });
  checkAgreement(table.items, items, lists[0] as TreeFile);
  return undefined;
}

interface UnclearTable {
  file: TreeFile;
  columns: readonly string[];
}

/** Tables that list images, and others, with their columns. */
async function sortTables(
  { tables }: FileTree,
  signal: AbortSignal | undefined,
): Promise<{ lists: TreeFile[]; others: UnclearTable[] }> {
  const lists: TreeFile[] = [];
  const others: UnclearTable[] = [];
  for (const file of tables) {
    signal?.throwIfAborted();
    const columns = await readColumns(file.path);
    const named = tableColumns(columns);
    if (named && (await saysSomething(file.path, named))) lists.push(file);
    else others.push({ file, columns });
  }
  return { lists, others };
}

/** Whether a table says what its images are; where its header leaves it open, its cells tell. */
async function saysSomething(path: string, columns: TableColumns): Promise<boolean> {
  if (columns.weakLabels.length === 0) return true;
  const { rows } = await readTable(path, () => namesOf(columns));
  return rows.length === 0 || settleColumns(columns, rows) !== undefined;
}

async function readTables(
  tree: FileTree,
  tables: readonly TreeFile[],
  name: string,
  options: ResolvedOptions,
): Promise<DataSet> {
  const splits = new Set(tables.map((table) => splitNamed(stemOf(table.name))));
  if (tables.length > 1 && (splits.has(undefined) || splits.size < tables.length)) {
    throw new DataSetError(
      `${tree.root} holds ${tables.length} tables of images, ${someOf(tables.map((table) => table.name))}; give one of them, or name them train and test`,
      { details: { root: tree.root, tables: tables.slice(0, 5).map((table) => table.name) } },
    );
  }
  const meanings = await folderMeanings(tree, options.signal);
  const isMask = ({ folders }: TreeFile): boolean => isBelowMasks(folders, meanings);
  const byName = filesByName(tree.images.filter((file) => !isMask(file)));
  const masksByName = filesByName(tree.images.filter(isMask));
  const parts = await Promise.all(
    tables.map((table) =>
      readTableDataSet(table.path, {
        ...options,
        folders: foldersAbove(table, tree),
        byName,
        masksByName,
        within: options.within,
      }),
    ),
  );
  const items = parts.flat().map((item) => ({ ...item, name: nameIn(tree, item) }));
  checkOnce(items, tables);
  const listed = new Set(items.flatMap(({ path, maskPaths = [] }) => [path, ...maskPaths]));
  const left = tree.images.filter(({ path }) => !listed.has(path));
  const others = tree.tables.filter((table) => !tables.includes(table));
  return {
    layout: 'csv',
    name,
    root: tree.root,
    items: items.sort((a, b) => compareNames(a.name, b.name)),
    skipped: skippedFiles([
      ...tree.skipped,
      ...left.map((file): SkippedFile => ({ name: file.name, reason: 'not-listed' })),
      ...others.map((file): SkippedFile => ({ name: file.name, reason: 'other-table' })),
    ]),
  };
}

/** The folders from that of a table up to the root, and the one that the root lies in: some tables name the root itself, too. */
function foldersAbove({ folders }: TreeFile, { root }: FileTree): string[] {
  const inside = folders.map((_, i) => [root, ...folders.slice(0, i)].join('/')).reverse();
  return [...(inside.length > 0 ? inside : [root]), dirname(root)];
}

function filesByName(images: readonly TreeFile[]): FilesByName {
  const files = new Map<string, string | undefined>();
  for (const { path, name } of images) {
    const own = basename(name).normalize('NFC');
    files.set(own, files.has(own) ? undefined : path);
  }
  return files;
}

function nameIn({ root }: FileTree, { path, name }: DataSetItem): string {
  return path.startsWith(`${root}/`) ? path.slice(root.length + 1) : name;
}

function checkOnce(items: readonly DataSetItem[], tables: readonly TreeFile[]): void {
  const seen = new Set<string>();
  for (const { path, name } of items) {
    if (seen.has(path)) {
      throw new DataSetError(
        `${name} is listed in two of the tables ${tables.map((table) => basename(table.name)).join(', ')}; list it once`,
        {
          details: { image: name },
        },
      );
    }
    seen.add(path);
  }
}

function checkAgreement(
  listed: readonly DataSetItem[],
  inFolders: readonly DataSetItem[],
  table: TreeFile,
): void {
  const byPath = new Map(inFolders.map((item) => [item.path, item]));
  for (const item of listed) {
    const own = byPath.get(item.path);
    const known = own !== undefined && own.label !== 'unknown' && item.label !== 'unknown';
    if (!known || own.label === item.label) continue;
    throw ambiguous(
      `cannot tell whether ${item.name} is good`,
      [`it is ${own.label}, as its folder says`, `it is ${item.label}, as ${table.name} says`],
      { image: item.name, table: table.name },
    );
  }
}
