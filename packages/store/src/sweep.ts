// Deleting files that no version needs, while versions are being staged. A stage writes its manifest and then looks for
// marks; a sweep marks a file and then looks for manifests. Each looks after it wrote, so at least one sees the other:
// the sweep leaves the file, or the stage waits and then finds that it must bring it in again.
import { BundleError, MAX_MANIFEST_BYTES } from '@cflow/spec';
import type { ObjectStore } from './object-store.js';
import { DETECTORS, FILES, fileKey, stagedPrefix, sweepingKey, versionsPrefix } from './registry-keys.js';
import { listAll, listAllNames, readSmall } from './store-reads.js';

/** Files that are marked and looked up together. */
const TOGETHER = 64;

/** Deletes files older than `olderThanMs` that neither a version nor a staged bundle younger than that refers to. */
export async function sweep(store: ObjectStore, now: number, olderThanMs: number): Promise<number> {
  const isOld = (object: { modifiedAt: number }): boolean => now - object.modifiedAt > olderThanMs;
  const known = new Map<string, readonly string[]>();
  const referenced = await references(store, isOld, known);
  let deleted = 0;
  let marked: string[] = [];
  const flush = async (): Promise<void> => {
    try {
      for (const sha256 of marked) await store.put(sweepingKey(sha256), new Uint8Array());
      const still = marked.length > 0 ? await references(store, isOld, known) : new Set<string>();
      for (const sha256 of marked) {
        if (still.has(sha256)) continue;
        await store.delete(fileKey(sha256));
        deleted++;
      }
    } finally {
      for (const sha256 of marked) await store.delete(sweepingKey(sha256));
      marked = [];
    }
  };
  await removeDeadMarks(store, isOld);
  for await (const object of listAll(store, FILES)) {
    const sha256 = object.key.slice(FILES.length);
    if (!/^[0-9a-f]{64}$/.test(sha256) || referenced.has(sha256) || !isOld(object)) continue;
    marked.push(sha256);
    if (marked.length === TOGETHER) await flush();
  }
  await flush();
  await removeAbandoned(store, isOld);
  return deleted;
}

/** Hashes of all files that a manifest names. Manifests do not change: each is read once. */
async function references(
  store: ObjectStore,
  isOld: (object: { modifiedAt: number }) => boolean,
  known: Map<string, readonly string[]>,
): Promise<Set<string>> {
  const found = new Set<string>();
  for await (const name of listAllNames(store, DETECTORS)) {
    // Staged before visible: a version that becomes visible in between is seen in one of the two.
    for (const prefix of [stagedPrefix(name), versionsPrefix(name)]) {
      for await (const object of listAll(store, prefix)) {
        if (prefix === stagedPrefix(name) && isOld(object)) continue;
        let files = known.get(object.key);
        if (!files) {
          const bytes = (await readSmall(store, object.key, MAX_MANIFEST_BYTES))?.bytes;
          // Made visible, or deleted, since it was listed.
          if (!bytes) continue;
          files = filesOf(bytes, object.key);
          known.set(object.key, files);
        }
        for (const sha256 of files) found.add(sha256);
      }
    }
  }
  return found;
}

/** Of any format version, so that an older program does not sweep what a newer one stored. @throws BundleError */
function filesOf(bytes: Uint8Array, key: string): string[] {
  try {
    const { files } = JSON.parse(new TextDecoder().decode(bytes)) as {
      files: Record<string, { sha256: string }>;
    };
    return Object.values(files).map(({ sha256 }) => sha256);
  } catch (cause) {
    throw new BundleError(
      `the manifest at "${key}" is damaged, so it is not known which files are still needed; bring that bundle in ` +
        'again or delete the version',
      { cause, details: { key } },
    );
  }
}

/** Staged manifests that nobody published in time. */
async function removeAbandoned(
  store: ObjectStore,
  isOld: (object: { modifiedAt: number }) => boolean,
): Promise<void> {
  for await (const name of listAllNames(store, DETECTORS)) {
    for await (const { key } of listAll(store, stagedPrefix(name))) {
      // Publishing writes it anew.
      const now = await store.head(key);
      if (now && isOld(now)) await store.delete(key);
    }
  }
}

/** Marks of a sweep that died, which would keep a stage waiting. */
async function removeDeadMarks(
  store: ObjectStore,
  isOld: (object: { modifiedAt: number }) => boolean,
): Promise<void> {
  for await (const object of listAll(store, 'sweeping/')) if (isOld(object)) await store.delete(object.key);
}
