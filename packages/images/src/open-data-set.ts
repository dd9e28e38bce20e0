import { stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { type DataSet, DataSetError } from '@cflow/spec';
import { fileKind } from './files/file-kind.js';
import { listFiles } from './files/list-files.js';
import { skippedFiles } from './files/skipped-files.js';
import { findByPattern } from './find-by-pattern.js';
import { openFolder } from './open-folder.js';
import { type NamedFolders, openNamedFolders } from './open-named-folders.js';
import type { OpenDataSetOptions, ResolvedOptions } from './open-options.js';
import { outsideRegion, withRegion } from './region/pair-regions.js';
import { TABLE_EXPECTS } from './tables/columns.js';
import { readTableDataSet } from './tables/read-table-data-set.js';

/**
 * Opens a data set: a folder in a layout that is recognized, a table, a glob, a list of files, folders and globs, or folders
 * that are named as good, bad and masks. Items are sorted by name, in code units. When there are only good images, all are
 * for training. What takes no part is listed in `skipped`.
 *
 * @throws DataSetError that says what was expected and what was found. Rejects with the signal's reason.
 */
export async function openDataSet(
  source: string | readonly string[],
  options: OpenDataSetOptions = {},
): Promise<DataSet> {
  const from = resolve(options.folder ?? '.');
  const given = resolved(options, from);
  const { missingMasks, region } = given;
  const dataSet = await open(source, from, given);
  return { ...(await withRegion(dataSet, region, options.signal)), missingMasks };
}

async function open(
  source: string | readonly string[],
  from: string,
  options: ResolvedOptions,
): Promise<DataSet> {
  const { layout, good, bad, masks } = options;
  if (good || bad || masks) {
    return openNamedFolders(source, { good, bad, masks } as NamedFolders, from, options);
  }
  if (typeof source !== 'string' || layout === 'glob') return openGlob(source, from, options);
  const path = resolve(from, source);
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return openGlob(source, from, options);
  if (found.isDirectory()) {
    const tree = await listFiles(path, options.signal);
    const images = outsideRegion(tree.images, options.region);
    return openFolder({ ...tree, images }, basename(path), options);
  }
  if (layout === 'csv' || (layout === undefined && fileKind(path).kind === 'table'))
    return openTable(path, options);
  if (fileKind(path).kind === 'archive') {
    throw new DataSetError(`${path} is an archive; unpack it, and give the folder`, { details: { path } });
  }
  if (/\.(xlsx?|ods|parquet|json)$/i.test(path)) {
    throw new DataSetError(`expected ${TABLE_EXPECTS}, as CSV, TSV or JSON lines; got ${path}`, {
      details: { path },
    });
  }
  if (layout !== undefined) {
    throw new DataSetError(`the layout ${layout} needs a folder, got the file ${path}`);
  }
  return openGlob(source, from, options);
}

async function openTable(path: string, options: ResolvedOptions): Promise<DataSet> {
  const items = await readTableDataSet(path, options);
  return { layout: 'csv', name: basename(path), root: options.within ?? dirname(path), items };
}

async function openGlob(
  source: string | readonly string[],
  from: string,
  { layout, label = 'unknown', split = 'train', everyImage = false, signal }: ResolvedOptions,
): Promise<DataSet> {
  const patterns = typeof source === 'string' ? [source] : source;
  if (layout !== undefined && layout !== 'glob') {
    throw new DataSetError(
      `the layout ${layout} needs one ${layout === 'csv' ? 'table' : 'folder'} that exists, got ${patterns.join(', ') || 'an empty list'}`,
    );
  }
  if (patterns.length === 0) throw new DataSetError('no images: the list of files and globs is empty');
  const { root, items, skipped } = await findByPattern(patterns, from, { label, split, everyImage, signal });
  const name = patterns.length === 1 ? patterns[0]! : `${patterns[0]} and ${patterns.length - 1} more`;
  return { layout: 'glob', name, root, items, skipped: skippedFiles(skipped) };
}

function resolved(options: OpenDataSetOptions, from: string): ResolvedOptions {
  const { testFraction = 0.2, seed = 0, missingMasks = 'error', region, within } = options;
  if (!(testFraction >= 0 && testFraction < 1)) {
    throw new DataSetError(`the test fraction must be at least 0 and below 1, got ${testFraction}`);
  }
  return {
    ...options,
    ...{ testFraction, seed, missingMasks },
    ...(region !== undefined && { region: regionPath(region, within, from) }),
  };
}

/** @throws DataSetError for a region that leads out of a stranger's data set */
function regionPath(region: string, within: string | undefined, from: string): string {
  const path = resolve(within ?? from, region);
  if (within === undefined || path.startsWith(`${resolve(within)}/`)) return path;
  throw new DataSetError(`expected the region as a path in the data set, got "${region}"`, {
    details: { path: region },
  });
}
