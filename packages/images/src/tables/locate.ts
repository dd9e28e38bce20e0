import { stat } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { DataSetError } from '@cflow/spec';

/** Finds a file; gives its absolute path, or undefined when it is not there. */
export type FindFile = (path: string) => Promise<string | undefined>;

/** Files by their own names; undefined for a name that several have. */
export type FilesByName = ReadonlyMap<string, string | undefined>;

/** How many paths are looked up to tell what they start from. */
const PROBED = 16;
const MOST_DROPPED = 12;

/** A path as it is written in a table, on whatever system, with `/` between its names. */
export function plainPath(path: string): string {
  const forward = path.replaceAll('\\', '/').replace(/^(file|s3):\/+/i, '/');
  // A drive means something on Windows alone.
  const here = sep === '/' ? forward.replace(/^[a-z]:(?=\/)/i, '') : forward;
  return here.replace(/^(\.\/+)+/, '');
}

/** Whether there is one way only to write it. */
export const isAscii = (text: string): boolean => !/[^ -~]/.test(text);

/** A file, spelled as it is on the disk: systems write accents in two ways, and a table may come from another one. */
export async function asSpelled(file: string): Promise<string | undefined> {
  const spellings = isAscii(file) ? [file] : [file, file.normalize('NFC'), file.normalize('NFD')];
  for (const each of spellings) {
    const found = await stat(each).catch(() => undefined);
    if (found?.isFile()) return each;
  }
  return undefined;
}

/**
 * Where the paths of a table start from: one of `folders`; absolute ones may be those of another machine
 * (`/home/ann/parts/0.png`), of which so many first names are dropped that the rest is there. The same for all paths. Names without
 * a folder are those of files anywhere in the data set, where each is there once.
 *
 * @param byName files by their own names; undefined for a name that several have
 * @returns what makes an absolute path of one that is written
 * @throws DataSetError when none of the first is there in any way
 */
export async function locatePaths(
  written: readonly string[],
  folders: readonly string[],
  table: string,
  find: FindFile,
  byName: FilesByName = new Map(),
): Promise<(path: string) => string> {
  // Evenly spaced, since the first rows may be of a part that is not there.
  const step = Math.max(1, Math.floor(written.length / PROBED));
  const probed = written.filter((_, i) => i % step === 0).slice(0, PROBED);
  let best: { found: number; locate: (path: string) => string } = { found: 0, locate: (path) => path };
  const most = written.every((path) => path.startsWith('/')) ? MOST_DROPPED : 0;
  for (let dropped = 0; dropped <= most; dropped++) {
    for (const folder of folders) {
      const locate = (path: string): string => locateOne(path, folder, dropped);
      const found = await Promise.all(probed.map((path) => find(locate(path))));
      const count = found.filter((each) => each !== undefined).length;
      if (count === probed.length) return locate;
      if (count > best.found) best = { found: count, locate };
    }
  }
  const named = (path: string): string | undefined => byName.get(path.normalize('NFC'));
  if (best.found === 0 && probed.every((path) => named(path) !== undefined)) {
    return (path) => named(path) ?? resolve(folders[0] ?? '', path);
  }
  // Single missing files are found when they are read.
  if (best.found > 0) return best.locate;
  throw new DataSetError(
    `none of ${probed.length} images that ${table} lists is there, such as ${locateOne(probed[0] ?? '', folders[0] ?? '', 0)}: ` +
      'paths are relative to the folder of the table, and names without a folder those of images that are there once',
    { details: { path: table, missing: probed.slice(0, 5) } },
  );
}

/**
 * The mask that is written in a table. A name without a folder, which its image may have as well, is that of a file in a folder of
 * masks, unless another file than the image is there under it.
 * @returns undefined for a name that several masks have
 */
export async function maskNamed(
  written: string,
  masks: FilesByName | undefined,
  locate: (path: string) => Promise<string>,
  image: string,
): Promise<string | undefined> {
  const file = await locate(written);
  const name = written.normalize('NFC');
  if (written.includes('/') || !masks?.has(name)) return file;
  const isThere = file !== image && (await asSpelled(file)) !== undefined;
  return isThere ? file : masks.get(name);
}

function locateOne(path: string, folder: string, dropped: number): string {
  if (dropped === 0) return resolve(folder, path);
  const names = path.split('/').filter((name) => name !== '');
  const left = names.slice(Math.min(dropped, names.length - 1));
  return resolve(folder, ...(left.length > 0 ? left : ['']));
}

/** The name of a file in reports: relative to the folder that it lies in, or its whole path. */
export function nameBelow(root: string, path: string): string {
  const start = root.endsWith(sep) ? root : root + sep;
  const name = path.startsWith(start) ? path.slice(start.length) : path;
  return name.split(sep).join('/');
}
