// What has been fetched from a hub: <cache>/hub/<host>/<repository>/<sha256>.safetensors, and one small file per
// revision that says which of them it is.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { HubTarget } from './hub-requests.js';

export interface CachedFile {
  path: string;
  sha256: string;
  /** Bytes. */
  size: number;
}

export function repositoryFolder(cacheDir: string, { endpoint, repository }: HubTarget): string {
  return join(cacheDir, 'hub', fileName(new URL(endpoint).host), fileName(repository));
}

/** Where it is said which file a revision is. */
export function referencePath(folder: string, { revision }: HubTarget): string {
  return join(folder, `revision-${fileName(revision)}.json`);
}

/** The file that a reference names, when it is there and is what its hash says; undefined otherwise. */
export async function readReference(
  reference: string,
  target: HubTarget,
  folder: string,
  signal?: AbortSignal,
): Promise<CachedFile | undefined> {
  let parsed: Partial<Record<string, unknown>>;
  try {
    parsed = JSON.parse(await readFile(reference, 'utf8')) ?? {};
  } catch {
    return undefined;
  }
  const { sha256, size } = parsed;
  if (Object.entries(target).some(([key, value]) => parsed[key] !== value)) return undefined;
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256) || typeof size !== 'number')
    return undefined;
  const path = join(folder, `${sha256}.safetensors`);
  return (await matches(path, sha256, signal)) ? { path, sha256, size } : undefined;
}

/** Whether a file is there and has this SHA-256. */
export async function matches(path: string, sha256: string, signal?: AbortSignal): Promise<boolean> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path, { highWaterMark: 2 ** 20 }), hash, signal ? { signal } : {});
  } catch {
    signal?.throwIfAborted();
    return false;
  }
  return hash.digest('hex') === sha256;
}

/** As a part of a path: one name on every file system. */
function fileName(text: string): string {
  return encodeURIComponent(text).replaceAll('%', '-').replaceAll('*', '-');
}
