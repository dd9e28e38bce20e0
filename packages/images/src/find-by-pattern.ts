import { realpath, stat } from 'node:fs/promises';
import { dirname, relative, resolve, sep } from 'node:path';
import { DataSetError, type DataSetItem, type Label, type Split } from '@cflow/spec';
import { glob, isDynamicPattern } from 'tinyglobby';
import { compareNames, hasImageExtension, pathOf } from './layouts/image-tree.js';
import { listImages } from './list-images.js';
import { mapInOrder } from './map-in-order.js';

const DEEPEST = 32;
const LOOKUPS_AT_ONCE = 16;

/**
 * The images that files, folders (everything below) and globs name, each once, in order. The names are relative
 * to the deepest folder that holds them all.
 *
 * @throws DataSetError when one of them names nothing.
 */
export async function findByPattern(
  patterns: readonly string[],
  folder: string,
  { label, split }: { label: Label; split: Split },
): Promise<{ root: string; items: DataSetItem[] }> {
  const paths = new Set<string>();
  for (const pattern of patterns) {
    const found = await expand(pattern, folder);
    if (found.length === 0) {
      throw new DataSetError(`no images: ${pattern} names none, searched from ${folder}`, {
        details: { pattern, folder },
      });
    }
    for (const path of found) paths.add(path);
  }
  const sorted = await withoutAliases([...paths].sort(compareNames));
  const root = commonFolder(sorted);
  const items = sorted.map((path) => ({
    path,
    name: relative(root, path).split(sep).join('/'),
    split,
    label,
  }));
  return { root, items };
}

async function expand(pattern: string, folder: string): Promise<string[]> {
  const path = resolve(folder, pattern);
  // A name that exists is taken as it is, even where it has brackets or stars in it.
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) {
    const tree = await listImages(path);
    return tree.images.map((name) => pathOf(tree, name));
  }
  if (found !== undefined) return [path];
  if (!isDynamicPattern(pattern)) {
    throw new DataSetError(`there is no file or folder ${path}`, { details: { pattern, folder } });
  }
  const matches = await glob(pattern, {
    cwd: folder,
    absolute: true,
    onlyFiles: true,
    expandDirectories: false,
    deep: DEEPEST,
  });
  return matches.filter(hasImageExtension).map((match) => resolve(match));
}

/** The first path of each file: a link that leads back up makes a glob find a file twice. */
async function withoutAliases(paths: readonly string[]): Promise<string[]> {
  const files = new Set<string>();
  const first: string[] = [];
  const resolved = async (path: string): Promise<[string, string]> => [
    path,
    // A dangling link is itself: it is reported when it is read.
    await realpath(path).catch(() => path),
  ];
  for await (const [path, file] of mapInOrder(paths, resolved, { concurrency: LOOKUPS_AT_ONCE })) {
    if (!files.has(file)) first.push(path);
    files.add(file);
  }
  return first;
}

function commonFolder(paths: readonly string[]): string {
  let common = dirname(paths[0] ?? '.');
  for (const path of paths) {
    while (path !== common && !path.startsWith(common.endsWith(sep) ? common : common + sep)) {
      common = dirname(common);
    }
  }
  return common;
}
