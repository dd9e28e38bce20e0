import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { storageErrorOf } from './storage-error.js';

/**
 * Makes a file whole, or leaves what was there: written under another name, flushed, and renamed.
 * @throws StorageError
 */
export async function writeFileAtomically(path: string, data: Uint8Array | string): Promise<void> {
  const partial = `${path}.${randomUUID().slice(0, 8)}`;
  try {
    await writeFlushed(partial, data);
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true }).catch(() => undefined);
    throw storageErrorOf(error, path);
  }
}

/** Writes all of a file, down to the disk. */
export async function writeFlushed(path: string, data: Uint8Array | string): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.writeFile(data);
    await file.sync();
  } finally {
    await file.close();
  }
}
