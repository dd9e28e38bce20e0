import { type BundleSource, onOneVersion, sha256Hex, verifyBundle } from '@cflow/detector';
import { CflowError, SCORING_FILES, StorageError } from '@cflow/spec';
import type { ObjectStore } from './object-store.js';
import { RegistryError } from './registry-error.js';
import { fileKey, stagedKey, sweepingKey, versionKey } from './registry-keys.js';
import { readManifestAt } from './versions.js';

const SWEEP_POLL_MS = 50;
/** A sweep deletes one file at a time; a mark that stays longer is of one that died. */
const SWEEP_WAIT_MS = 20_000;

/** Brings a bundle's files in; they are not visible, but the staged manifest keeps them from being swept. */
export async function stage(store: ObjectStore, name: string, source: BundleSource): Promise<string> {
  return onOneVersion(source, async (manifestBytes) => {
    const version = await sha256Hex(manifestBytes);
    const { manifest, files } = await verifyBundle(source);
    // First of all, so that a sweep knows them; see sweep.ts.
    await store.put(stagedKey(name, version), manifestBytes, { sha256: version });
    for (const [file, { sha256 }] of Object.entries(manifest.files)) {
      const key = fileKey(sha256);
      await sweepPassed(store, sha256);
      if (await store.head(key)) continue;
      const bytes = files.get(file) ?? (await optional(source, file));
      if (bytes) await store.put(key, bytes, { ifMatch: null, sha256 });
    }
    return version;
  });
}

/** A report may be missing. */
async function optional(source: BundleSource, file: string): Promise<Uint8Array | undefined> {
  return source.read(file).catch((error: unknown) => {
    if (CflowError.isInstance(error) && error.code === 'bundle') return undefined;
    throw error;
  });
}

/** Makes a staged version visible. Rejects with RegistryError `not-found` when it was never staged or files are gone. */
export async function publishStaged(store: ObjectStore, name: string, version: string): Promise<void> {
  const visible = versionKey(name, version);
  if (await store.head(visible)) return;
  const staged = await readManifestAt(store, stagedKey(name, version), name, version);
  if (!staged) {
    throw new RegistryError(
      'not-found',
      `version ${version} of "${name}" was not staged; stage the bundle first`,
      {
        details: { name, version },
      },
    );
  }
  const needed = SCORING_FILES.map((file) => staged.manifest.files[file]?.sha256);
  const check = async (): Promise<void> => {
    for (const sha256 of needed) {
      if (sha256 !== undefined) await sweepPassed(store, sha256);
      if (sha256 !== undefined && (await store.head(fileKey(sha256)))) continue;
      throw new RegistryError(
        'not-found',
        `files of version ${version} of "${name}" are gone since it was staged; stage the bundle again`,
        { details: { name, version, sha256 } },
      );
    }
  };
  // Written anew, and so young again, for a sweep that counts old ones as abandoned.
  await store.put(stagedKey(name, version), staged.bytes, { sha256: version });
  await check();
  await store.put(visible, staged.bytes, { ifMatch: null, sha256: version });
  // Should this have taken so long that a sweep counted even that as abandoned.
  await check().catch(async (error: unknown) => {
    await store.delete(visible);
    throw error;
  });
  await store.delete(stagedKey(name, version));
}

async function sweepPassed(store: ObjectStore, sha256: string): Promise<void> {
  const key = sweepingKey(sha256);
  const deadline = performance.now() + SWEEP_WAIT_MS;
  while (await store.head(key)) {
    if (performance.now() > deadline) {
      throw new StorageError('store', `a file is about to be swept, and the sweep does not end; try again`, {
        retryable: true,
        details: { sha256 },
      });
    }
    await new Promise((resolve) => setTimeout(resolve, SWEEP_POLL_MS));
  }
}
