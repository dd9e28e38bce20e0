import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { storageErrorOf } from '@cflow/detector/node';
import { ConfigurationError, DataSetError, type DataSetReference, StorageError } from '@cflow/spec';
import type { ObjectStore } from '@cflow/store';
import { limitBytes } from './limit-bytes.js';

/**
 * Gets what an address names, from a host that is allowed, as a stream. Rejects with an error that says whether it is
 * `retryable`.
 */
export type FetchUrl = (
  url: string,
  options: { maxBytes: number; signal: AbortSignal },
) => Promise<ReadableStream<Uint8Array>>;

/** Uploads are kept under their hash. */
const UPLOADED = /^data-sets\/([0-9a-f]{64})\.zip$/;

export interface FetchArchiveOptions {
  /** Undefined: only addresses can be fetched. */
  objects: ObjectStore | undefined;
  /** Undefined: addresses are refused. */
  fetchUrl: FetchUrl | undefined;
  maxBytes: number;
  signal: AbortSignal;
}

/**
 * Brings the archive of a data set to a file, a piece at a time.
 * @throws DataSetError when it is not there or too large; ConfigurationError when addresses are not allowed;
 * StorageError
 */
export async function fetchArchive(
  reference: DataSetReference,
  file: string,
  options: FetchArchiveOptions,
): Promise<void> {
  const { maxBytes, signal } = options;
  const { body, size } = await openArchive(reference, options);
  const sha256 = 'path' in reference ? UPLOADED.exec(reference.path)?.[1] : undefined;
  const hash = createHash('sha256');
  let bytes = 0;
  const counted = new Transform({
    transform(chunk: Uint8Array, _, done) {
      hash.update(chunk);
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  try {
    await pipeline(
      Readable.fromWeb(body as never),
      limitBytes(maxBytes, 'the data set'),
      counted,
      createWriteStream(file),
      { signal },
    );
    // Half an archive would be a data set that cannot be used, for good; this is an attempt that failed.
    if ((size !== undefined && bytes !== size) || (sha256 !== undefined && hash.digest('hex') !== sha256)) {
      throw new StorageError('store', 'the data set did not arrive complete from the storage; try again', {
        retryable: true,
        details: { bytes, size },
      });
    }
  } catch (error) {
    signal.throwIfAborted();
    throw storageErrorOf(error, 'data set');
  }
}

async function openArchive(
  reference: DataSetReference,
  { objects, fetchUrl, maxBytes, signal }: FetchArchiveOptions,
): Promise<{ body: ReadableStream<Uint8Array>; size?: number }> {
  if ('url' in reference) {
    if (!fetchUrl) {
      throw new ConfigurationError(
        'data sets are not fetched from addresses here; upload the archive instead',
      );
    }
    return { body: await fetchUrl(reference.url, { maxBytes, signal }) };
  }
  const found = await objects?.get(reference.path, { signal });
  if (!found) {
    throw new DataSetError(`there is no data set at "${reference.path}"; upload it first`, {
      details: { path: reference.path },
    });
  }
  return found;
}
