import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import { constants, type FileHandle, lstat, open } from 'node:fs/promises';
import { join } from 'node:path';
import { StorageError } from '@cflow/spec';

/** Files up to this size are known by their hash. */
const SMALL = 2 ** 16;

export interface OpenObject {
  handle: FileHandle;
  size: number;
  modifiedAt: number;
  etag: string;
}

/** Opens an object's file; undefined when there is none. Links below the root are not followed. @throws StorageError */
export async function openObject(root: string, key: string): Promise<OpenObject | undefined> {
  const path = join(root, key);
  await refuseLinks(root, key);
  let handle: FileHandle;
  try {
    // Not to wait for the other end of a named pipe that somebody put there.
    handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
  try {
    const stats = await handle.stat();
    if (stats.isFile()) {
      const etag = await etagOf(handle, stats);
      return { handle, size: stats.size, modifiedAt: stats.mtimeMs, etag };
    }
  } catch (error) {
    await handle.close();
    throw error;
  }
  await handle.close();
  return undefined;
}

/**
 * Of a small file its hash, so that two contents written within one tick of the clock differ. Of a large one what the
 * file system says: nobody replaces those in such a hurry.
 */
async function etagOf(handle: FileHandle, { size, ino, mtimeMs }: Stats): Promise<string> {
  if (size > SMALL) return `${size.toString(36)}-${ino.toString(36)}-${mtimeMs}`;
  const bytes = Buffer.alloc(size);
  let offset = 0;
  while (offset < size) {
    const { bytesRead } = await handle.read(bytes, offset, size - offset, offset);
    if (bytesRead === 0) break;
    offset += bytesRead;
  }
  return createHash('sha256').update(bytes).digest('hex');
}

/** @throws StorageError when a part of the key is a symbolic link: it could lead out of the store */
export async function refuseLinks(root: string, key: string): Promise<void> {
  let path = root;
  for (const name of key.split('/')) {
    path = join(path, name);
    const found = await lstat(path).catch(() => undefined);
    if (!found) return;
    if (!found.isSymbolicLink()) continue;
    throw new StorageError(
      'permission',
      `"${key}" of the store lies behind a symbolic link; remove the link`,
      {
        details: { key },
      },
    );
  }
}
