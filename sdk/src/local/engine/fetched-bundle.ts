import { type BundleSource, parseManifest, sha256Hex } from '@cflow/detector';
import { BUNDLE_FILES, type BundleManifest, SCORING_FILES } from '@cflow/spec';
import { BundleError, DownloadError } from '../errors.js';
import type { BundleMessage } from '../protocol.js';
import type { Notice, Progress } from '../types.js';
import { type BundleAddress, bundleAddress } from './bundle-address.js';
import { download } from './download.js';
import type { FileCache } from './file-cache.js';
import type { FileShelf } from './file-shelf.js';

const MOST_MANIFEST_BYTES = 2 ** 22;
/** What one array of a browser can hold. */
const MOST_FILE_BYTES = 2 ** 31 - 1;

export interface FetchOptions {
  cache: FileCache;
  shelf: FileShelf;
  onNotice(notice: Notice): void;
  onProgress(progress: Progress): void;
  signal?: AbortSignal | undefined;
}

/**
 * A bundle as `verifyFiles` reads it; its hashes are checked there once more, since the source may have been written by
 * anybody.
 */
export interface FetchedBundle extends BundleSource {
  /** SHA-256 of the manifest that was read last. */
  version(): string;
}

/** @param wanted Files to fetch, at once, as soon as the manifest is there; any other is refused */
export function fetchedBundle(
  message: BundleMessage,
  options: FetchOptions,
  wanted: readonly string[] = SCORING_FILES,
): FetchedBundle {
  const origin = 'url' in message ? httpOrigin(message, options) : memoryOrigin(message);
  let version = '';
  let files = new Map<string, Promise<Uint8Array>>();

  async function readManifest(): Promise<Uint8Array> {
    const bytes = await origin.manifest();
    version = await sha256Hex(bytes);
    const manifest = await parseManifest(bytes, origin.name);
    files = fetchAll(manifest);
    return bytes;
  }

  function fetchAll(manifest: BundleManifest): Map<string, Promise<Uint8Array>> {
    const listed = wanted.flatMap((name) => {
      const entry = Object.hasOwn(manifest.files, name) ? manifest.files[name] : undefined;
      return entry ? [{ name, ...entry }] : [];
    });
    const total = listed.reduce((sum, { bytes }) => sum + bytes, 0);
    const here = new Map<string, number>();
    const report = (name: string, bytes: number): void => {
      here.set(name, bytes);
      let done = 0;
      for (const each of here.values()) done += each;
      options.onProgress({ stage: 'downloading', done, total });
    };
    return new Map(
      listed.map(({ name, bytes, sha256 }) => {
        const file = origin.file(name, { bytes, sha256, version }, (done) => report(name, done));
        // The error reaches the reader; until then nobody handles it.
        file.catch(() => undefined);
        return [name, file];
      }),
    );
  }

  return {
    name: origin.name,
    version: () => version,
    read(name) {
      if (name === BUNDLE_FILES.manifest) return readManifest();
      return (
        files.get(name) ??
        Promise.reject(new BundleError(`bundle "${origin.name}" has no ${name} that is needed`))
      );
    },
  };
}

interface Origin {
  name: string;
  manifest(): Promise<Uint8Array>;
  file(
    name: string,
    expected: { bytes: number; sha256: string; version: string },
    onBytes: (bytes: number) => void,
  ): Promise<Uint8Array>;
}

function memoryOrigin({ files, name }: { files: ReadonlyMap<string, Blob>; name: string }): Origin {
  const read = async (file: string): Promise<Uint8Array> => {
    const blob = files.get(file);
    if (!blob)
      throw new BundleError(`bundle "${name}" has no ${file}; give every file of the bundle's folder`);
    return new Uint8Array(await blob.arrayBuffer());
  };
  return {
    name,
    manifest: () => read(BUNDLE_FILES.manifest),
    async file(file, _, onBytes) {
      const bytes = await read(file);
      onBytes(bytes.length);
      return bytes;
    },
  };
}

function httpOrigin(
  {
    url,
    headers,
    credentials,
  }: { url: string; headers: Readonly<Record<string, string>>; credentials: RequestCredentials },
  { cache, shelf, signal, onNotice }: FetchOptions,
): Origin {
  const address = bundleAddress(url);
  const request = { headers, credentials, signal };
  return {
    name: address.name,
    async manifest() {
      const { pinned } = address;
      const known = pinned === undefined ? undefined : await cache.get(pinned);
      return known ?? freshManifest(address, request, cache, onNotice);
    },
    async file(name, { bytes, sha256, version }, onBytes) {
      if (bytes > MOST_FILE_BYTES) {
        throw new BundleError(
          `${name} has ${bytes} bytes, more than a browser can hold; use a smaller detector`,
        );
      }
      // Two detectors with the same backbone, loaded at the same time: the second one finds it kept by the first.
      return shelf.locks.with(sha256, async () => {
        const kept = (await shelf.get(sha256)) ?? (await cache.get(sha256));
        if (kept) {
          onBytes(kept.length);
          return kept;
        }
        const fetched = await fetchFile(address.file(name, version), { ...request, bytes, onBytes }, sha256);
        if (fetched.intact && !(await cache.put(sha256, fetched.bytes))) shelf.put(sha256, fetched.bytes);
        return fetched.bytes;
      });
    },
  };
}

async function fetchFile(
  url: URL,
  options: Omit<Parameters<typeof download>[1], 'limit'> & { bytes: number },
  sha256: string,
): Promise<{ bytes: Uint8Array; intact: boolean }> {
  const limit = MOST_FILE_BYTES;
  const first = await download(url, { ...options, limit });
  if ((await sha256Hex(first)) === sha256) return { bytes: first, intact: true };
  // A cache on the way may hold another version's file, or a download was resumed in another version.
  const bytes = await download(url, { ...options, limit, cache: 'reload' });
  return { bytes, intact: (await sha256Hex(bytes)) === sha256 };
}

async function freshManifest(
  { manifest: url, pinned }: BundleAddress,
  request: Pick<Parameters<typeof download>[1], 'headers' | 'credentials' | 'signal'>,
  cache: FileCache,
  onNotice: (notice: Notice) => void,
): Promise<Uint8Array> {
  const key = `manifest/${await sha256Hex(new TextEncoder().encode(url.href))}`;
  try {
    const bytes = await download(url, { ...request, limit: MOST_MANIFEST_BYTES, cache: 'no-cache' });
    if (pinned !== undefined) await cache.put(pinned, bytes);
    else await cache.putUnverified(key, bytes);
    return bytes;
  } catch (error) {
    if (!(error instanceof DownloadError) || error.reason === 'http' || error.reason === 'cors') throw error;
    const last = await cache.getUnverified(key);
    if (!last) throw error;
    onNotice({ code: 'stale', message: `the version that was loaded last is used: ${error.message}` });
    return last;
  }
}
