import { readdir, stat } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import { type DataSet, DataSetError } from '@cflow/spec';
import { compareNames, type FileTree, type SkippedFile, type TreeFile } from './files/file-tree.js';
import { skippedFiles } from './files/skipped-files.js';
import { commonFolder, expand } from './find-by-pattern.js';
import type { ResolvedOptions } from './open-options.js';
import { readTree } from './reading/read-tree.js';
import { outsideRegion } from './region/pair-regions.js';
import { isSystemFolder } from './vocabulary/system-files.js';

/** Folders, files and globs by what a person says that they hold. */
export interface NamedFolders {
  good?: readonly string[] | undefined;
  bad?: readonly string[] | undefined;
  masks?: readonly string[] | undefined;
}

/**
 * A data set from folders that a person names. What the words inside say still counts: a folder of masks in them, kinds of
 * defect below bad ones. A source, where one is given, is what relative paths start from.
 * @throws DataSetError
 */
export async function openNamedFolders(
  source: string | readonly string[],
  { good = [], bad = [], masks = [] }: NamedFolders,
  from: string,
  options: ResolvedOptions,
): Promise<DataSet> {
  if (options.layout !== undefined && options.layout !== 'folders') {
    throw new DataSetError(
      `folders named as good, bad and masks are a layout of their own; leave out the layout ${options.layout}`,
    );
  }
  for (const pattern of [...good, ...bad, ...masks]) checkWithin(pattern, options);
  const start = await innerFolder(await startFolder(source, from, options), [...good, ...bad, ...masks]);
  const found = [
    ...(await filesOf('good', good, start, options.signal)),
    ...(await filesOf('bad', bad, start, options.signal)),
    ...(await filesOf('masks', masks, start, options.signal)),
  ].map((each) => ({ ...each, files: outsideRegion(each.files, options.region) }));
  const paths = new Map<string, string>();
  const root = commonFolder(found.flatMap(({ files }) => files.map(({ path }) => path)).sort(compareNames));
  const nameOf = (path: string): string => (path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path);
  const images: TreeFile[] = [];
  const skipped: SkippedFile[] = [];
  // Masks first: a folder of masks inside that of bad images is not a folder of bad images.
  for (const { what, files, left } of found.toReversed()) {
    for (const { path, folders } of files) {
      const other = paths.get(path);
      if (other === undefined) images.push({ name: nameOf(path), path, folders: [what, ...folders] });
      else if (other !== 'masks' && other !== what) {
        throw new DataSetError(`${path} is named as ${other} and as ${what}; name it as one of them`, {
          details: { path },
        });
      }
      paths.set(path, other ?? what);
    }
    for (const each of left) skipped.push(each);
  }
  const byName = (a: { name: string }, b: { name: string }): number => compareNames(a.name, b.name);
  const tree: FileTree = { root, images: images.sort(byName), tables: [], skipped };
  const reading = await readTree(tree, { ...options, named: true });
  return {
    layout: 'folders',
    name: typeof source === 'string' && source !== '' ? source : (good[0] ?? bad[0] ?? 'folders'),
    root,
    items: reading.items,
    skipped: skippedFiles(reading.skipped),
    masksOfGood: reading.masksOfGood,
    batches: reading.batches,
  };
}

interface Found {
  what: 'good' | 'bad' | 'masks';
  files: { path: string; folders: readonly string[] }[];
  left: readonly SkippedFile[];
}

async function filesOf(
  what: Found['what'],
  patterns: readonly string[],
  start: string,
  signal: AbortSignal | undefined,
): Promise<Found[]> {
  const found: Found[] = [];
  for (const pattern of patterns) {
    const { files, skipped } = await expand(pattern, start, signal);
    if (files.length === 0) {
      throw new DataSetError(`no images: ${pattern}, named as ${what}, holds none, searched from ${start}`, {
        details: { pattern, folder: start },
      });
    }
    found.push({ what, files, left: skipped });
  }
  return found;
}

/** Where relative paths start from: the folder that was given besides, or the working directory. */
async function startFolder(
  source: string | readonly string[],
  from: string,
  { within }: ResolvedOptions,
): Promise<string> {
  const sources = typeof source === 'string' ? [source] : source;
  const [only] = sources;
  if (only === undefined || only === '') return within ?? from;
  const folder = resolve(from, only);
  const found = await stat(folder).catch(() => undefined);
  if (sources.length === 1 && found?.isDirectory()) return folder;
  throw new DataSetError(
    `folders are named as good, bad or masks, and ${sources.join(', ')} as well; give one folder that their paths start from, or nothing`,
    { details: { sources: sources.slice(0, 5) } },
  );
}

/** Down through folders around everything, as archivers put them, to where the first of the named is. */
async function innerFolder(folder: string, [first = '']: readonly string[]): Promise<string> {
  for (let here = folder; ; ) {
    if (await stat(resolve(here, first)).catch(() => undefined)) return here;
    const entries = await readdir(here, { withFileTypes: true });
    const [only, ...others] = entries.filter(({ name }) => !isSystemFolder(name) && !name.startsWith('.'));
    if (!only?.isDirectory() || others.length > 0) return folder;
    here = resolve(here, only.name);
  }
}

function checkWithin(pattern: string, { within }: ResolvedOptions): void {
  if (within === undefined || (!isAbsolute(pattern) && !pattern.split(/[/\\]/).includes('..'))) return;
  throw new DataSetError(
    `"${pattern}" leads out of the data set; expected the path of a folder in it, such as "line1/good"`,
    {
      details: { pattern },
    },
  );
}
