import { createWriteStream } from 'node:fs';
import { chmod, rename, rm, utimes } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { WeightsError } from '@cflow/spec';
import yauzl from 'yauzl';

export interface UnpackedFile {
  name: string;
  /** Bytes. */
  size: number;
}

/** The mode of a file that anybody may read and nobody needs to run. */
const MODE = 0o644;

/**
 * Extracts entries of an archive whose hash is known, each whole or not at all, under the last part of its name. Times are
 * those of the archive, so that equal archives give equal image layers.
 *
 * @throws WeightsError when an entry is not there; errors of the file system
 */
export async function unpackEntries(
  archive: string,
  entries: readonly string[],
  folder: string,
  signal?: AbortSignal,
): Promise<UnpackedFile[]> {
  const zip = await yauzl.openPromise(archive, { autoClose: false, lazyEntries: true });
  const unpacked: UnpackedFile[] = [];
  try {
    for await (const entry of zip.eachEntry()) {
      signal?.throwIfAborted();
      if (!entries.includes(entry.fileName)) continue;
      const name = basename(entry.fileName);
      const partial = join(folder, `.${name}.partial`);
      try {
        await pipeline(
          await zip.openReadStreamPromise(entry),
          createWriteStream(partial, { highWaterMark: 2 ** 20 }),
          signal ? { signal } : {},
        );
        await chmod(partial, MODE);
        const modified = entry.getLastModDate({ timezone: 'UTC' });
        await utimes(partial, modified, modified);
        await rename(partial, join(folder, name));
      } catch (error) {
        await rm(partial, { force: true });
        throw error;
      }
      unpacked.push({ name, size: entry.uncompressedSize });
    }
  } finally {
    zip.close();
  }
  const missing = entries.filter((path) => unpacked.every(({ name }) => name !== basename(path)));
  if (missing.length > 0)
    throw new WeightsError(`${basename(archive)} has no entry "${missing.join('", "')}"`);
  return unpacked;
}
