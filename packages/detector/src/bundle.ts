import {
  BUNDLE_FILES,
  BUNDLE_FORMAT_VERSION,
  BundleError,
  type BundleManifest,
  bundleManifestSchema,
} from '@cflow/spec';

/** Where a bundle's files come from: a folder, a store, a server. */
export interface BundleSource {
  /** For messages: a name, not necessarily a path. */
  readonly name: string;
  /** The bytes of a file. Rejects with BundleError when there is none. */
  read(file: string): Promise<Uint8Array>;
  /** The path of a file where files have one, so that large weights need not pass through this process. */
  path?(file: string): string;
}

/** A bundle whose files were all found to be what its manifest says. */
export interface VerifiedBundle {
  source: BundleSource;
  manifest: BundleManifest;
  /** The bytes of each file that was read on the way. */
  files: ReadonlyMap<string, Uint8Array>;
}

/** SHA-256 as 64 hexadecimal digits, by the Web Crypto that Node, browsers and workers share. */
export async function sha256Hex(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The hash that tells one backbone from another: over the hashes of its two files. */
export async function backboneHash(modelSha256: string, weightsSha256: string): Promise<string> {
  return sha256Hex(new TextEncoder().encode(`${modelSha256}\n${weightsSha256}`));
}

/** @throws BundleError when the bytes are no manifest that this version can read */
export function parseManifest(bytes: Uint8Array, name: string): BundleManifest {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new BundleError(
      `${BUNDLE_FILES.manifest} of bundle "${name}" is not JSON; the bundle is damaged, get it again`,
      {
        cause,
      },
    );
  }
  const version = (json as { formatVersion?: unknown } | null)?.formatVersion;
  if (version !== BUNDLE_FORMAT_VERSION) {
    throw new BundleError(
      `bundle "${name}" has format version ${JSON.stringify(version)}, this cflow reads ${BUNDLE_FORMAT_VERSION}; ` +
        (typeof version === 'number' && version > BUNDLE_FORMAT_VERSION
          ? 'update cflow'
          : 'train or export it again'),
      { details: { found: version, expected: BUNDLE_FORMAT_VERSION } },
    );
  }
  const result = bundleManifestSchema.safeParse(json);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new BundleError(
    `${BUNDLE_FILES.manifest} of bundle "${name}" is not valid: ${problems.slice(0, 5).join('; ')}`,
    {
      details: { problems },
    },
  );
}

/** The files that scoring needs; a report may be missing without harm, but not be altered. */
const NEEDED = [
  BUNDLE_FILES.backboneModel,
  BUNDLE_FILES.backboneWeights,
  BUNDLE_FILES.headModel,
  BUNDLE_FILES.decoders,
  BUNDLE_FILES.probe,
] as const;

/**
 * Reads the manifest and checks size and SHA-256 of every file that scoring needs.
 * @throws BundleError that names the file
 */
export async function verifyBundle(source: BundleSource): Promise<VerifiedBundle> {
  const manifest = parseManifest(await source.read(BUNDLE_FILES.manifest), source.name);
  const files = new Map<string, Uint8Array>();
  await Promise.all(
    NEEDED.map(async (file) => {
      const expected = manifest.files[file];
      if (!expected) {
        throw new BundleError(
          `the manifest of bundle "${source.name}" does not list ${file}; get the bundle again`,
        );
      }
      const bytes = await source.read(file);
      const found = { bytes: bytes.length, sha256: await sha256Hex(bytes) };
      if (found.bytes !== expected.bytes || found.sha256 !== expected.sha256) {
        throw new BundleError(
          `${file} of bundle "${source.name}" is damaged: expected ${expected.bytes} bytes with SHA-256 ` +
            `${expected.sha256}, found ${found.bytes} bytes with ${found.sha256}; get the bundle again`,
          { details: { file, expected, found } },
        );
      }
      files.set(file, bytes);
    }),
  );
  const { backboneModel, backboneWeights } = BUNDLE_FILES;
  const hash = await backboneHash(
    manifest.files[backboneModel]?.sha256 as string,
    manifest.files[backboneWeights]?.sha256 as string,
  );
  if (hash !== manifest.backbone.sha256) {
    throw new BundleError(
      `the backbone of bundle "${source.name}" is not the one its manifest names; get the bundle again`,
      {
        details: { expected: manifest.backbone.sha256, found: hash },
      },
    );
  }
  return { source, manifest, files };
}
