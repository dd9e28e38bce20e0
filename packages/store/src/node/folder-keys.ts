import { type Dirent, readdir } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const read = promisify(readdir) as (path: string, options: { withFileTypes: true }) => Promise<Dirent[]>;

const KEY_NAME = /^[A-Za-z0-9._-]+$/;

/** The keys that begin with a prefix and come after `after`, in the order of their code points. */
export async function* folderKeys(
  root: string,
  prefix: string,
  after: string | undefined,
): AsyncGenerator<string> {
  yield* below(root, prefix.slice(0, prefix.lastIndexOf('/') + 1), prefix, after);
}

async function* below(
  root: string,
  folder: string,
  prefix: string,
  after: string | undefined,
): AsyncGenerator<string> {
  for (const key of await entries(root, folder)) {
    if (key.endsWith('/')) {
      if (!key.startsWith(prefix) && !prefix.startsWith(key)) continue;
      // All its keys begin with it, so they come before `after` when it does and is not a part of it.
      if (after !== undefined && key <= after && !after.startsWith(key)) continue;
      yield* below(root, key, prefix, after);
    } else if (key.startsWith(prefix) && (after === undefined || key > after)) {
      yield key;
    }
  }
}

/** The names of folders directly below a prefix with at least one key in them. */
export async function* folderNames(
  root: string,
  prefix: string,
  after: string | undefined,
): AsyncGenerator<string> {
  for (const key of await entries(root, prefix)) {
    if (!key.endsWith('/') || (after !== undefined && key <= `${prefix}${after}/`)) continue;
    for await (const _ of below(root, key, key, undefined)) {
      yield key.slice(prefix.length, -1);
      break;
    }
  }
}

/** What is in a folder, folders with a "/" behind: thus in the order of the keys below. */
async function entries(root: string, folder: string): Promise<string[]> {
  const found = await read(join(root, folder), { withFileTypes: true }).catch((error) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });
  return found
    .filter((entry) => KEY_NAME.test(entry.name) && (entry.isFile() || entry.isDirectory()))
    .map((entry) => `${folder}${entry.name}${entry.isDirectory() ? '/' : ''}`)
    .sort((a, b) => (a < b ? -1 : 1));
}
