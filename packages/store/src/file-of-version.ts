import type { GetOptions, ObjectStore } from './object-store.js';
import type { RegistryFile } from './registry.js';
import { RegistryError } from './registry-error.js';
import { fileKey } from './registry-keys.js';
import { readVersion } from './versions.js';

/** One file of a version, other than its manifest. */
export async function fileOfVersion(
  store: ObjectStore,
  detector: string,
  version: string,
  file: string,
  options: GetOptions,
): Promise<RegistryFile> {
  const { manifest } = await readVersion(store, detector, version);
  const listed = Object.hasOwn(manifest.files, file) ? manifest.files[file] : undefined;
  const found = listed && (await store.get(fileKey(listed.sha256), options));
  if (!found) {
    const shown = file.length > 100 ? `${file.slice(0, 100)}…` : file;
    throw new RegistryError(
      'not-found',
      `version ${version.slice(0, 12)} of "${detector}" has no file "${shown}"`,
      {
        details: { name: detector, version, file: shown },
      },
    );
  }
  return { name: file, size: found.size, sha256: listed.sha256, body: found.body };
}
