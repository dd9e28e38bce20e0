import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, relative, resolve, sep } from 'node:path';
import { DataSetError, type DataSetItem, type Label, type Split } from '@cflow/spec';
import { glob, isDynamicPattern } from 'tinyglobby';
import { fileKind } from './files/file-kind.js';
import { compareNames, type SkippedFile, type TreeFile } from './files/file-tree.js';
import { listFiles, skippedFile } from './files/list-files.js';
import { mapInOrder } from './map-in-order.js';
import { placeList } from './reading/place-list.js';
import { meaningOf } from './vocabulary/meaning-of.js';

const DEEPEST = 32;
const LOOKUPS_AT_ONCE = 16;

/** A file that a pattern names. */
export interface FoundFile {
  path: string;
  /** Folders below the pattern's own, whose words may say what the file is. */
  folders: readonly string[];
}

/** How a list is read. */
export interface ListOptions {
  label: Label;
  split: Split;
  everyImage: boolean;
  signal?: AbortSignal | undefined;
}

export interface FoundByPattern {
  root: string;
  items: DataSetItem[];
  skipped: SkippedFile[];
}

/**
 * The images that files, folders (everything below) and globs name, each once, in order. The names are relative
 * to the deepest folder that holds them all.
 *
 * @throws DataSetError when one of them names nothing.
 */
export async function findByPattern(
  patterns: readonly string[],
  folder: string,
  { label, split, everyImage, signal }: ListOptions,
): Promise<FoundByPattern> {
  const files = new Map<string, FoundFile>();
  const skipped: SkippedFile[] = [];
  for (const pattern of patterns) {
    const found = await expand(pattern, folder, signal);
    if (found.files.length === 0) {
      throw new DataSetError(
        found.isFolder
          ? `there are no images in the folder "${pattern}", nor below it`
          : `no images: "${pattern}" names none, searched from ${folder}`,
        { details: { pattern, folder } },
      );
    }
    // A folder that is called bad, or masks, is named by mistake, or as what it is; either way its word counts.
    const own = ['bad', 'mask'].includes(meaningOf(basename(resolve(folder, pattern))).role)
      ? [basename(pattern)]
      : [];
    for (const { path, folders } of found.files) {
      if (!files.has(path)) files.set(path, { path, folders: [...(found.isFolder ? own : []), ...folders] });
    }
    skipped.push(...found.skipped);
  }
  const sorted = await withoutAliases([...files.keys()].sort(compareNames), signal);
  const root = commonFolder(sorted);
  const images = sorted.map((path): TreeFile => {
    const name = relative(root, path).split(sep).join('/');
    return { name, path, folders: files.get(path)?.folders ?? [] };
  });
  if (everyImage) {
    return { root, items: images.map(({ path, name }) => ({ path, name, split, label })), skipped };
  }
  const placed = await placeList(images, { label, split, signal });
  return { root, items: placed.items, skipped: [...skipped, ...placed.skipped] };
}

/** The files of one pattern. What a folder holds besides images is listed as skipped. */
export async function expand(
  pattern: string,
  folder: string,
  signal?: AbortSignal,
): Promise<{ files: FoundFile[]; skipped: SkippedFile[]; isFolder: boolean }> {
  const path = resolve(folder, pattern);
  // A name that exists is taken as it is, even where it has brackets or stars in it.
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) {
    const tree = await listFiles(path, signal);
    const prefix = pattern.endsWith('/') ? pattern : `${pattern}/`;
    const named = (name: string): string => prefix + name;
    const skipped = tree.skipped.map((each) => ({ ...each, name: named(each.name) }));
    return {
      files: tree.images.map(({ path: file, folders }) => ({ path: file, folders })),
      skipped,
      isFolder: true,
    };
  }
  if (found !== undefined) return { files: [{ path, folders: [] }], skipped: [], isFolder: false };
  if (!isDynamicPattern(pattern)) {
    throw new DataSetError(`there is no file or folder ${path}`, { details: { pattern, folder } });
  }
  const matches = await glob(pattern, {
    cwd: folder,
    absolute: true,
    onlyFiles: true,
    expandDirectories: false,
    deep: DEEPEST,
    ...(signal && { signal }),
  });
  signal?.throwIfAborted();
  const fixed = resolve(folder, fixedPart(pattern));
  const files = matches
    .filter((match) => fileKind(match).kind === 'image')
    .map((match) => {
      const file = resolve(match);
      return {
        path: file,
        folders: relative(fixed, dirname(file))
          .split(sep)
          .filter((name) => name !== ''),
      };
    });
  // What a pattern catches beside images was hardly meant; what looks like one was.
  const skipped = matches
    .map((match) => skippedFile(relative(folder, resolve(match)).split(sep).join('/')))
    .filter(({ name, reason }) => fileKind(name).kind === 'unsupported' && reason === 'unsupported-format');
  return { files, skipped, isFolder: false };
}

/** The folders of a glob before its first wildcard. */
function fixedPart(pattern: string): string {
  const names = pattern.split('/');
  const first = names.findIndex((name) => isDynamicPattern(name));
  return names.slice(0, Math.max(0, first)).join('/') || (pattern.startsWith('/') ? '/' : '.');
}

/** The first path of each file: a link that leads back up makes a glob find a file twice. */
async function withoutAliases(paths: readonly string[], signal?: AbortSignal): Promise<string[]> {
  const files = new Set<string>();
  const first: string[] = [];
  const resolved = async (path: string): Promise<[string, string]> => [
    path,
    // A dangling link is itself: it is reported when it is read.
    await realpath(path).catch(() => path),
  ];
  for await (const [path, file] of mapInOrder(paths, resolved, {
    concurrency: LOOKUPS_AT_ONCE,
    signal,
  })) {
    if (!files.has(file)) first.push(path);
    files.add(file);
  }
  return first;
}

/** The deepest folder that holds all paths. */
export function commonFolder(paths: readonly string[]): string {
  let common = dirname(paths[0] ?? '.');
  for (const path of paths) {
    while (path !== common && !path.startsWith(common.endsWith(sep) ? common : common + sep)) {
      common = dirname(common);
    }
  }
  return common;
}
