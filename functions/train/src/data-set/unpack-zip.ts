import { createWriteStream } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { storageErrorOf } from '@cflow/detector/node';
import { CflowError, DataSetError } from '@cflow/spec';
import yauzl from 'yauzl';
import { crc32 } from './crc32.js';
import type { DataSetLimits } from './data-set-limits.js';
import { entryPath } from './entry-path.js';
import { otherArchive } from './other-archive.js';

/**
 * Unpacks a ZIP archive into a folder that is there and empty. The limits count what is really unpacked, not what the
 * archive says of itself.
 * @throws DataSetError for what is not a ZIP archive, damaged, encrypted, too large, or leads out of the folder;
 * StorageError
 */
export async function unpackZip(
  archive: string,
  folder: string,
  limits: DataSetLimits,
  signal: AbortSignal,
): Promise<void> {
  let zip: yauzl.ZipFile | undefined;
  try {
    const { size } = await stat(archive);
    const count = byteCounter(size, limits);
    zip = await yauzl.openPromise(archive, { autoClose: false, lazyEntries: true });
    if (zip.entryCount > limits.entries) {
      throw new DataSetError(
        `the archive has ${zip.entryCount} entries; ${limits.entries} are the most that is allowed`,
        { details: { entries: zip.entryCount, limit: limits.entries } },
      );
    }
    for await (const entry of zip.eachEntry()) {
      signal.throwIfAborted();
      const names = entryPath(entry);
      if (!names) continue;
      checkReadable(entry);
      const path = join(folder, ...names);
      await mkdir(dirname(path), { recursive: true });
      const content = await zip.openReadStreamPromise(entry);
      // Never over another: two entries of one name are a trick, or differ in case where this system does not.
      await pipeline(content, count(entry), createWriteStream(path, { flags: 'wx' }), { signal });
    }
  } catch (error) {
    signal.throwIfAborted();
    throw archiveError(error, zip ? undefined : await otherArchive(archive));
  } finally {
    zip?.close();
  }
}

const STORED = 0;
const DEFLATED = 8;
const METHODS: ReadonlyMap<number, string> = new Map([
  [1, 'shrinking'],
  [6, 'imploding'],
  [9, 'Deflate64'],
  [12, 'bzip2'],
  [14, 'LZMA'],
  [16, 'CMPSC'],
  [20, 'Zstandard'],
  [93, 'Zstandard'],
  [94, 'MP3'],
  [95, 'XZ'],
  [97, 'WavPack'],
  [98, 'PPMd'],
  [99, 'AES encryption'],
]);

/** @throws DataSetError for an entry that is encrypted, or packed in a way that is not unpacked here */
function checkReadable(entry: yauzl.Entry): void {
  const { fileName, compressionMethod: method } = entry;
  if (entry.isEncrypted() || method === 99) {
    throw new DataSetError(`"${fileName}" in the archive is encrypted; pack it without a password`, {
      details: { entry: fileName },
    });
  }
  if (method === STORED || method === DEFLATED) return;
  throw new DataSetError(
    `"${fileName}" in the archive is packed with ${METHODS.get(method) ?? `the method ${method}`}; expected the usual method, Deflate, or none: pack it as a plain ZIP`,
    { details: { entry: fileName, method } },
  );
}

/**
 * Makes streams that count together, and end with an error where they are more than is allowed, or where an entry is
 * not what its checksum says: an image with a wrong byte in it may well be decoded.
 */
function byteCounter(archiveBytes: number, limits: DataSetLimits): (entry: yauzl.Entry) => Transform {
  const byRatio = Math.max(limits.ratioFreeBytes, archiveBytes * limits.ratio);
  const limit = Math.min(limits.unpackedBytes, byRatio);
  let bytes = 0;
  return (entry) => {
    let crc = 0;
    return new Transform({
      transform(chunk: Uint8Array, _, done) {
        bytes += chunk.length;
        crc = crc32(chunk, crc);
        if (bytes <= limit) return done(null, chunk);
        done(
          new DataSetError(
            `the archive's ${archiveBytes} bytes unpack to more than ${limit}, which is more than images do; ` +
              'give fewer images, or compress them as PNG or JPEG',
            { details: { archiveBytes, limit } },
          ),
        );
      },
      flush: (done) =>
        done(crc === entry.crc32 ? null : new Error(`"${entry.fileName}" is not what its checksum says`)),
    });
  };
}

/** Files of one name, or a file where another needs a folder, are the archive's fault; other file errors the disk's. */
const ARCHIVE_FAULTS: ReadonlySet<unknown> = new Set([
  'EEXIST',
  'ENOTDIR',
  'EISDIR',
  'ENAMETOOLONG',
  'EILSEQ',
]);

function archiveError(error: unknown, kind: string | undefined): unknown {
  if (CflowError.isInstance(error)) return error;
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (ARCHIVE_FAULTS.has(code)) {
    return new DataSetError(
      'the archive holds two entries of one name, or a name that cannot be a file here',
      {
        cause: error,
      },
    );
  }
  if (syscall !== undefined) return storageErrorOf(error, 'data set');
  if (kind !== undefined) {
    return new DataSetError(
      `expected a ZIP of the folder of images, found an archive of the kind ${kind}; unpack it, and pack the folder again as ZIP`,
      { cause: error, details: { kind } },
    );
  }
  return new DataSetError(
    `the data set is not a ZIP archive, or is damaged: ${(error as Error).message}; expected a ZIP of the folder of images`,
    { cause: error },
  );
}
