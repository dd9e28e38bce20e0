import {
  BUNDLE_FILES,
  BundleError,
  type BundleManifest,
  CflowError,
  SCORING_FILES,
  WEIGHT_FILES,
} from '@cflow/spec';
import { parseManifest } from './manifest.js';
import { backboneHash, sha256Hex } from './sha256.js';

/** Where a bundle's files come from: a folder, a store, a server. */
export interface BundleSource {
  /** For messages: a name, not necessarily a path. */
  readonly name: string;
  /** The bytes of a file. Rejects with BundleError when there is none. */
  read(file: string): Promise<Uint8Array>;
  /** The path of a file where files have one, so that large weights need not pass through this process. */
  path?(file: string): Promise<string>;
  /** Size and SHA-256 of a file that is not to be held in memory as a whole. Rejects as `read` does. */
  digest?(file: string): Promise<FileDigest>;
}

/** What the manifest tells of a file, and how it begins. */
export interface FileDigest {
  bytes: number;
  /** 64 hexadecimal digits. */
  sha256: string;
  /** The first bytes: all of a file of weights that comes before the weights. */
  start: Uint8Array;
}

export interface VerifyFilesOptions {
  /** True leaves weights out of `files` where the source has a path for them: a device reads them from there. */
  weightsByPath?: boolean | undefined;
}

/** A bundle whose files were all found to be what its manifest says. */
export interface VerifiedBundle {
  source: BundleSource;
  manifest: BundleManifest;
  /** The bytes of each file that scoring needs; without weights that a device finds by path, where that was asked for. */
  files: ReadonlyMap<string, Uint8Array>;
}

/** As a verified bundle, and how each file of weights begins. */
export interface VerifiedFiles extends VerifiedBundle {
  weights: ReadonlyMap<string, { start: Uint8Array; bytes: number }>;
}

/**
 * Reads the manifest and checks size and SHA-256 of every file that it lists. What the graphs do is not looked at: see
 * `verifyBundle`.
 * @throws BundleError that names the file
 */
export async function verifyFiles(
  source: BundleSource,
  { weightsByPath = false }: VerifyFilesOptions = {},
): Promise<VerifiedFiles> {
  return onOneVersion(source, async (bytes) => {
    const manifest = await parseManifest(bytes, source.name);
    const files = new Map<string, Uint8Array>();
    const weights = new Map<string, { start: Uint8Array; bytes: number }>();
    const listed = [...new Set([...SCORING_FILES, ...Object.keys(manifest.files)])];
    // Side by side: reading and hashing leave this thread. Of several damaged files the first one is told, as ever.
    const results = await Promise.allSettled(
      listed.map((file) => {
        const digest =
          weightsByPath && source.path && WEIGHT_FILES.includes(file) ? source.digest : undefined;
        return verifiedFile(source, manifest, file, digest?.bind(source));
      }),
    );
    for (const [index, result] of results.entries()) {
      if (result.status === 'rejected') throw result.reason;
      const file = listed[index] as string;
      const { bytes, start } = result.value ?? {};
      if (bytes && SCORING_FILES.includes(file)) files.set(file, bytes);
      if (start && WEIGHT_FILES.includes(file))
        weights.set(file, { start, bytes: manifest.files[file]?.bytes ?? 0 });
    }
    await checkBackbone(source, manifest);
    return { source, manifest, files, weights };
  });
}

/** How often a bundle may be replaced while it is being opened before that counts as an error. */
const MOST_VERSIONS = 4;

/**
 * Runs work on the files of a bundle. When it fails because the bundle was replaced by another meanwhile, it runs again on
 * that one: files of two versions must not be mixed, and the caller is not to blame.
 */
export async function onOneVersion<T>(
  source: BundleSource,
  work: (manifest: Uint8Array) => Promise<T>,
): Promise<T> {
  for (let version = 1; ; version++) {
    const manifest = await source.read(BUNDLE_FILES.manifest);
    try {
      return await work(manifest);
    } catch (error) {
      const now = await source.read(BUNDLE_FILES.manifest).catch(() => undefined);
      if (version === MOST_VERSIONS || !now || sameBytes(manifest, now)) throw error;
    }
  }
}

async function verifiedFile(
  source: BundleSource,
  manifest: BundleManifest,
  file: string,
  digest?: (file: string) => Promise<FileDigest>,
): Promise<{ bytes?: Uint8Array; start: Uint8Array } | undefined> {
  const expected = manifest.files[file];
  if (!expected) {
    throw new BundleError(
      `the manifest of bundle "${source.name}" does not list ${file}; get the bundle again`,
      { details: { file } },
    );
  }
  const bytes = digest
    ? undefined
    : await source.read(file).catch((error: unknown) => {
        if (!SCORING_FILES.includes(file) && CflowError.isInstance(error) && error.code === 'bundle')
          return undefined;
        throw error;
      });
  if (!bytes && !digest) return undefined;
  const { start, ...found } = bytes
    ? { bytes: bytes.length, sha256: await sha256Hex(bytes), start: bytes }
    : await (digest as NonNullable<typeof digest>)(file);
  if (found.bytes !== expected.bytes || found.sha256 !== expected.sha256) {
    throw new BundleError(
      `${file} of bundle "${source.name}" is damaged: expected ${expected.bytes} bytes with SHA-256 ` +
        `${expected.sha256}, got ${found.bytes} bytes with ${found.sha256}; get the bundle again`,
      { details: { file, expected, found } },
    );
  }
  return { start, ...(bytes && { bytes }) };
}

async function checkBackbone(source: BundleSource, { files, backbone }: BundleManifest): Promise<void> {
  const { backboneModel, backboneWeights } = BUNDLE_FILES;
  const hash = await backboneHash(
    files[backboneModel]?.sha256 as string,
    files[backboneWeights]?.sha256 as string,
  );
  if (hash === backbone.sha256) return;
  throw new BundleError(
    `the backbone of bundle "${source.name}" is not the one its manifest names; get the bundle again`,
    { details: { expected: backbone.sha256, found: hash } },
  );
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
