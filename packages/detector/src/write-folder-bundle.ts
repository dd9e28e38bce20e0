import { readdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { BUNDLE_FILES, StorageError, THROUGHPUT_FILES } from '@cflow/spec';
import { checkWritable } from './check-writable.js';
import { realFolder, replaceFolder } from './replace-folder.js';
import { storageErrorOf } from './storage-error.js';

/** A bundle's files, and what file managers leave in any folder. */
const NAMES: readonly string[] = [
  ...Object.values(BUNDLE_FILES),
  ...Object.values(THROUGHPUT_FILES),
  '.DS_Store',
  'Thumbs.db',
  'desktop.ini',
];

/**
 * Writes a bundle so that a crash at any moment leaves the old one or the new one, whole.
 *
 * @throws StorageError when the disk is full, the folder may not be written, or something else is in its place; what
 * was there before is then untouched
 */
export async function writeFolderBundle(
  folder: string,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<void> {
  try {
    await checkBundleFolder(folder);
    await replaceFolder(await realFolder(folder), files);
  } catch (error) {
    throw storageErrorOf(error, folder);
  }
}

/**
 * Whether a bundle may be written there: nothing is there, or an empty folder, or a bundle with nothing else in it.
 * Anything else is somebody's, and is not replaced. And whether the folder that it lies in may be written.
 * @throws StorageError
 */
export async function checkBundleFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw storageErrorOf(error, folder);
  });
  await checkWritable(dirname(await realFolder(folder)), folder);
  if (!found) return;
  const names = found.isDirectory() ? await readdir(folder) : undefined;
  if (names?.length === 0) return;
  const foreign = names?.filter((name) => !NAMES.includes(name));
  if (foreign?.length === 0 && names?.includes(BUNDLE_FILES.manifest)) return;
  const what = !names
    ? 'is a file'
    : foreign && foreign.length > 0 && names.includes(BUNDLE_FILES.manifest)
      ? `holds more than a bundle (${foreign.slice(0, 3).join(', ')})`
      : 'is not a bundle';
  throw new StorageError(
    'store',
    `"${folder}" ${what}; choose another place for the bundle or move it away`,
    {
      details: { path: folder, option: 'output' },
    },
  );
}
