import type { BundleSource } from '@cflow/detector';
import { BUNDLE_FILES, BundleError } from '@cflow/spec';
import type { ObjectStore } from './object-store.js';
import { readWhole } from './read-whole.js';
import { fileKey } from './registry-keys.js';
import { type ReadVersion, readVersion } from './versions.js';

/** A version as a bundle; opening it verifies the files. */
export function storedBundle(store: ObjectStore, detector: string, version: string): BundleSource {
  const name = `${detector}@${version.slice(0, 12)}`;
  let reading: Promise<ReadVersion> | undefined;
  const read = (): Promise<ReadVersion> => {
    reading ??= readVersion(store, detector, version);
    reading.catch(() => {
      reading = undefined;
    });
    return reading;
  };
  const listed = async (file: string): Promise<{ sha256: string; bytes: number }> => {
    const { manifest } = await read();
    const found = Object.hasOwn(manifest.files, file) ? manifest.files[file] : undefined;
    if (found) return found;
    throw missing(name, file);
  };
  const source: BundleSource = {
    name,
    async read(file) {
      if (file === BUNDLE_FILES.manifest) return (await read()).bytes;
      const { sha256, bytes } = await listed(file);
      const found = await readWhole(store, fileKey(sha256), {
        maxBytes: bytes,
        hash: {
          sha256,
          damaged: (hash) =>
            new BundleError(
              `${file} of bundle "${name}" is damaged: expected ${sha256}, got ${hash}; bring it in again`,
              { retryable: true, details: { name, file, expected: sha256, found: hash } },
            ),
        },
      });
      if (!found) throw missing(name, file);
      return found.bytes;
    },
  };
  if (!store.path) return source;
  return {
    ...source,
    async path(file) {
      if (file === BUNDLE_FILES.manifest) throw missing(name, file);
      const path = await store.path?.(fileKey((await listed(file)).sha256));
      if (path === undefined) throw missing(name, file);
      return path;
    },
  };
}

function missing(name: string, file: string): BundleError {
  return new BundleError(`bundle "${name}" has no ${file}; bring it in again`, { details: { name, file } });
}
