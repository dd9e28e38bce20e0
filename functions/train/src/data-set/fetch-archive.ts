import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { storageErrorOf } from '@cflow/detector/node';
import { ConfigurationError, DataSetError, type DataSetReference } from '@cflow/spec';
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
  const body = await openArchive(reference, options);
  try {
    await pipeline(
      Readable.fromWeb(body as never),
      limitBytes(maxBytes, 'the data set'),
      createWriteStream(file),
      {
        signal,
      },
    );
  } catch (error) {
    signal.throwIfAborted();
    throw storageErrorOf(error, 'data set');
  }
}

async function openArchive(
  reference: DataSetReference,
  { objects, fetchUrl, maxBytes, signal }: FetchArchiveOptions,
): Promise<ReadableStream<Uint8Array>> {
  if ('url' in reference) {
    if (!fetchUrl) {
      throw new ConfigurationError(
        'data sets are not fetched from addresses here; upload the archive instead',
      );
    }
    return fetchUrl(reference.url, { maxBytes, signal });
  }
  const found = await objects?.get(reference.path, { signal });
  if (!found) {
    throw new DataSetError(`there is no data set at "${reference.path}"; upload it first`, {
      details: { path: reference.path },
    });
  }
  return found.body;
}
