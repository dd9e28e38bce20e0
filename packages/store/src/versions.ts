import { parseManifest } from '@cflow/detector';
import {
  BUNDLE_FILES,
  BundleError,
  type BundleManifest,
  MAX_MANIFEST_BYTES,
  type VersionSummary,
} from '@cflow/spec';
import { readAliases } from './aliases.js';
import type { ObjectStore } from './object-store.js';
import { RegistryError } from './registry-error.js';
import { noVersion, versionKey, versionsPrefix } from './registry-keys.js';
import { listAll, readSmall } from './store-reads.js';

const MAX_REMEMBERED = 10_000;

export interface VersionFacts {
  createdAt: string;
  bytes: number;
}

export interface ReadVersion {
  manifest: BundleManifest;
  bytes: Uint8Array;
}

/** The manifest of a version, found to be the one that the version names. @throws BundleError when it is not */
export async function readManifestAt(
  store: ObjectStore,
  key: string,
  name: string,
  version: string,
): Promise<ReadVersion | undefined> {
  const found = await readSmall(store, key, MAX_MANIFEST_BYTES, {
    sha256: version,
    damaged: (hash) =>
      new BundleError(
        `${BUNDLE_FILES.manifest} of ${name}@${version.slice(0, 12)} is damaged: it has SHA-256 ${hash}; bring the bundle in again`,
        {
          // It may lie in the store as it should, and have come otherwise.
          retryable: true,
          details: { file: BUNDLE_FILES.manifest, expected: version, found: hash },
        },
      ),
  });
  if (!found) return undefined;
  return {
    manifest: await parseManifest(found.bytes, `${name}@${version.slice(0, 12)}`),
    bytes: found.bytes,
  };
}

/** @throws RegistryError `not-found` */
export async function readVersion(store: ObjectStore, name: string, version: string): Promise<ReadVersion> {
  const found = await readManifestAt(store, versionKey(name, version), name, version);
  if (!found) throw noVersion(name, version);
  return found;
}

export function factsOf({ manifest, bytes }: ReadVersion): VersionFacts {
  const files = Object.values(manifest.files).reduce((sum, file) => sum + file.bytes, 0);
  return { createdAt: manifest.createdAt, bytes: files + bytes.length };
}

/** Manifests never change, so what a list needs of them is read once. */
export class VersionList {
  readonly #store: ObjectStore;
  readonly #known = new Map<string, VersionFacts>();

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  /** All versions of a detector, the newest first. */
  async of(name: string): Promise<VersionSummary[]> {
    const prefix = versionsPrefix(name);
    const aliases = Object.entries(await readAliases(this.#store, name));
    const found: VersionSummary[] = [];
    for await (const { key } of listAll(this.#store, prefix)) {
      const version = /^([0-9a-f]{64})\.json$/.exec(key.slice(prefix.length))?.[1];
      const facts = version === undefined ? undefined : await this.#facts(name, version);
      if (version === undefined || !facts) continue;
      const pointing = aliases.filter(([, to]) => to === version).map(([alias]) => alias);
      found.push({ name, version, ...facts, aliases: pointing });
    }
    return found.sort((a, b) => compareTexts(positionOf(b), positionOf(a)));
  }

  async #facts(name: string, version: string): Promise<VersionFacts | undefined> {
    const known = this.#known.get(version);
    if (known) return known;
    const found = await readVersion(this.#store, name, version).catch((error: unknown) => {
      // Deleted since it was listed.
      if (error instanceof RegistryError) return undefined;
      throw error;
    });
    if (!found) return undefined;
    if (this.#known.size >= MAX_REMEMBERED) this.#known.clear();
    this.#known.set(version, factsOf(found));
    return factsOf(found);
  }
}

/** Where a version stands in the list: it stays there when others come and go. */
export function positionOf({ createdAt, version }: { createdAt: string; version: string }): string {
  return `${new Date(createdAt).toISOString()}_${version}`;
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
