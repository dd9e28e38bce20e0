import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { WeightsError } from '@cflow/spec';
import { cacheFolder } from '../cache-folder.js';
import { matches } from '../hub-cache.js';
import type { PullProgress } from '../hub-download.js';
import { storageError } from '../write-atomically.js';
import {
  archiveUrl,
  MOST_PAGE_BYTES,
  PACKAGE_PAGE_TYPE,
  type PackageArchive,
  packageIndex,
} from './package-index.js';

export interface FetchArchiveOptions {
  /** Default: {@link cacheFolder}. */
  cacheDir?: string | undefined;
  /** The address of a package index. Default: pip's. */
  index?: string | undefined;
  fetch?: typeof fetch | undefined;
  onProgress?: ((progress: PullProgress) => void) | undefined;
  signal?: AbortSignal | undefined;
}

export interface FetchedArchive {
  path: string;
  fromCache: boolean;
}

/** In a row without a byte. */
const TRIES = 4;
const RETRY_DELAY_MS = 500;

/**
 * An archive in the cache, fetched where it is not there yet. It is never in memory as a whole; the rest of an interrupted
 * run is continued; a file that does not match its pin is thrown away.
 *
 * @throws WeightsError with what to do: no network (retryable), another file than was pinned; StorageError; the signal's
 * reason
 */
export async function fetchArchive(
  wanted: PackageArchive,
  options: FetchArchiveOptions = {},
): Promise<FetchedArchive> {
  const { cacheDir = cacheFolder(), signal } = options;
  const { name, sha256 } = wanted.archive;
  const path = join(cacheDir, 'packages', name);
  if (await matches(path, sha256, signal)) return { path, fromCache: true };
  const partial = `${path}.partial`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await fill(partial, wanted, options);
    if (!(await matches(partial, sha256, signal))) {
      await rm(partial, { force: true });
      throw new WeightsError(
        `${name} has another SHA-256 than ${sha256}: it is damaged, or another version; nothing of it is used`,
        { details: { file: name, expected: sha256 } },
      );
    }
    await rename(partial, path);
  } catch (error) {
    throw storageError(error, path);
  }
  return { path, fromCache: false };
}

/** Appends to a file until it is as long as the archive. */
async function fill(
  partial: string,
  wanted: PackageArchive,
  { index = packageIndex(), fetch: get = fetch, signal, onProgress }: FetchArchiveOptions,
): Promise<void> {
  const file = await open(partial, 'a+');
  try {
    const total = wanted.archive.bytes;
    let received = (await file.stat()).size;
    if (received > total) {
      await file.truncate();
      received = 0;
    }
    for (let failures = 0; received < total; ) {
      const before = received;
      try {
        const url = await findArchive(index, wanted, get, signal);
        received = await append(file, url, received, total, get, signal, (bytes) =>
          onProgress?.({ received: bytes, total }),
        );
      } catch (cause) {
        signal?.throwIfAborted();
        received = (await file.stat()).size;
        const failure = WeightsError.isInstance(cause) ? cause : unreachable(wanted, cause);
        failures = received > before ? 0 : failures + 1;
        if (!failure.retryable || failures === TRIES) throw failure;
        await delay(RETRY_DELAY_MS * 2 ** failures, undefined, signal && { signal });
      }
    }
  } finally {
    await file.close();
  }
}

async function findArchive(
  index: string,
  wanted: PackageArchive,
  get: typeof fetch,
  signal: AbortSignal | undefined,
): Promise<string> {
  const page = `${index}/${wanted.package}/`;
  const response = await get(page, { headers: { accept: PACKAGE_PAGE_TYPE }, ...(signal && { signal }) });
  const body = await bodyOf(response);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > MOST_PAGE_BYTES) throw new WeightsError(`the page of ${wanted.package} is too large`);
    chunks.push(chunk);
  }
  return archiveUrl(Buffer.concat(chunks), page, wanted);
}

/** @returns The length of the file then */
async function append(
  file: FileHandle,
  url: string,
  start: number,
  total: number,
  get: typeof fetch,
  signal: AbortSignal | undefined,
  onBytes: (received: number) => void,
): Promise<number> {
  const headers: Record<string, string> = { accept: 'application/octet-stream, */*;q=0.1' };
  if (start > 0) headers.range = `bytes=${start}-`;
  const response = await get(url, { headers, ...(signal && { signal }) });
  const body = await bodyOf(response);
  let received = start;
  // A server that knows no ranges sends all from the beginning.
  if (start > 0 && response.status !== 206) {
    await file.truncate();
    received = 0;
  }
  for await (const chunk of body) {
    received += chunk.length;
    if (received > total)
      throw new WeightsError(`the package index sent more than the ${total} bytes that were expected`);
    await file.write(chunk);
    onBytes(received);
  }
  if (received < total) throw new Error('the connection was closed early');
  return received;
}

async function bodyOf(response: Response): Promise<AsyncIterable<Uint8Array>> {
  const { ok, status, body } = response;
  if (ok && body) return body as unknown as AsyncIterable<Uint8Array>;
  await body?.cancel();
  throw new WeightsError(`the package index answered with status ${status}; check PIP_INDEX_URL`, {
    retryable: status === 429 || status >= 500,
    details: { status },
  });
}

function unreachable({ archive, package: name }: PackageArchive, cause: unknown): WeightsError {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  return new WeightsError(
    `${archive.name} of the package ${name} could not be fetched: ` +
      `${inner instanceof Error ? inner.message : String(inner)}. Check the network, or set PIP_INDEX_URL to a mirror`,
    { retryable: true, details: { package: name, file: archive.name }, cause },
  );
}
