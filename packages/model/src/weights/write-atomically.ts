import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { StorageError } from '@cflow/spec';

const PARTIAL = '.partial';
const DAY = 86_400_000;

/**
 * Makes the file `path` whole or not at all: `fill` writes to a neighbor with a name of its own, which is flushed and
 * then renamed over `path`. On an error the neighbor is removed; what a killed process left is swept a day later.
 * @throws StorageError when the disk is full or the folder is not permitted; whatever `fill` throws.
 */
export async function writeAtomically(
  path: string,
  fill: (file: FileHandle) => Promise<void>,
): Promise<void> {
  const partial = `${path}.${randomUUID()}${PARTIAL}`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await sweep(path);
    const file = await open(partial, 'wx');
    try {
      await fill(file);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true }).catch(() => {});
    throw storageError(error, path);
  }
}

/** The StorageError that a failed file operation on `path` amounts to; any other error as it is. */
export function storageError(error: unknown, path: string): unknown {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  const details = { path, errno: code };
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG':
      return new StorageError(
        'storage-full',
        `no space left to write ${path}: free some, or set CFLOW_CACHE to another folder`,
        {
          details,
          cause: error,
        },
      );
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new StorageError(
        'permission',
        `not permitted to write ${path}: set CFLOW_CACHE to a folder that you may write to`,
        {
          details,
          cause: error,
        },
      );
    case 'ENOTDIR':
    case 'EEXIST':
    case 'EISDIR':
      return new StorageError('store', `cannot write ${path}: something else is in its place (${code})`, {
        details,
        cause: error,
      });
    default:
      return error;
  }
}

async function sweep(path: string): Promise<void> {
  const folder = dirname(path);
  for (const name of await readdir(folder)) {
    if (!name.startsWith(`${basename(path)}.`) || !name.endsWith(PARTIAL)) continue;
    const stale = join(folder, name);
    const age = await stat(stale).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    if (age > DAY) await rm(stale, { force: true });
  }
}
