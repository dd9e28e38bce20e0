import { access, constants, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { StorageError } from '@cflow/spec';
import { storageErrorOf } from './storage-error.js';

/**
 * Whether files can be written in a folder, which may have to be made, and so may those above it. Nothing is made: what comes after hours of
 * work should be known before them.
 * @param named what is to be written there, for the error. Default: the folder
 * @throws StorageError
 */
export async function checkWritable(folder: string, named: string = folder): Promise<void> {
  for (let here = resolve(folder); ; here = dirname(here)) {
    const found = await stat(here).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
      throw storageErrorOf(error, named);
    });
    if (!found && here !== dirname(here)) continue;
    if (found && !found.isDirectory()) {
      throw new StorageError('store', `expected a folder at "${here}", to write "${named}"; found a file`, {
        details: { path: here, option: 'output' },
      });
    }
    await access(here, constants.W_OK | constants.X_OK).catch((error: unknown) => {
      throw storageErrorOf(error, named);
    });
    return;
  }
}
