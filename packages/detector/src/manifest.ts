// The manifest as a file. It guards the other files by their hashes, and itself by a hash of its own, since a wrong
// digit in a threshold would do as much harm as one in a weight.
import {
  BUNDLE_FILES,
  BUNDLE_FORMAT_VERSION,
  BundleError,
  type BundleManifest,
  bundleManifestSchema,
  MAX_MANIFEST_BYTES,
} from '@cflow/spec';
import { sha256Hex } from './sha256.js';

/** The file's first field: SHA-256 of the file's own bytes with these 64 digits as zeros. */
const OWN_HASH = 'manifestSha256';
const NO_HASH = '0'.repeat(64);

/** Things that are wrong with a manifest and are told, and characters of each. */
const MOST_PROBLEMS = 5;
const LONGEST = 100;

/**
 * The manifest as it is stored, with its own hash.
 * @throws BundleError when it is not one that could be read back
 */
export async function manifestBytes(manifest: BundleManifest): Promise<Uint8Array> {
  const checked = checkManifest(manifest, manifest.name);
  const text = `${JSON.stringify({ [OWN_HASH]: NO_HASH, ...checked }, null, 2)}\n`;
  const hash = await sha256Hex(new TextEncoder().encode(text));
  return new TextEncoder().encode(text.replace(NO_HASH, hash));
}

/**
 * Reads a manifest of any version that there was, checks all of it and the hash that it bears.
 * @param name The bundle's, for errors
 * @throws BundleError when the bytes are no manifest that this version can read, or not those that were written
 */
export async function parseManifest(bytes: Uint8Array, name: string): Promise<BundleManifest> {
  const file = `${BUNDLE_FILES.manifest} of bundle "${name}"`;
  if (bytes.length > MAX_MANIFEST_BYTES) {
    throw new BundleError(
      `${file} has ${bytes.length} bytes, at most ${MAX_MANIFEST_BYTES} are expected; get it again`,
    );
  }
  let text: string;
  let json: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    json = JSON.parse(text);
  } catch (cause) {
    throw new BundleError(`${file} is not JSON; the bundle is damaged, get it again`, { cause });
  }
  const { formatVersion, [OWN_HASH]: hash, ...content } = (json ?? {}) as Record<string, unknown>;
  if (formatVersion !== BUNDLE_FORMAT_VERSION) throw wrongVersion(file, formatVersion);
  if (typeof hash !== 'string' || !/^[0-9a-f]{64}$/.test(hash)) {
    throw new BundleError(`${file} lacks its own hash "${OWN_HASH}"; the bundle is damaged, get it again`);
  }
  const found = await sha256Hex(new TextEncoder().encode(text.replace(hash, NO_HASH)));
  if (found !== hash) {
    throw new BundleError(
      `${file} is damaged or was edited: it has SHA-256 ${found}, expected ${hash}; get the bundle again`,
      { details: { file: BUNDLE_FILES.manifest, expected: hash, found } },
    );
  }
  return checkManifest({ formatVersion, ...content }, name);
}

function checkManifest(value: unknown, name: string): BundleManifest {
  const result = bundleManifestSchema.safeParse(value);
  if (result.success) {
    checkRegion(result.data, name);
    return result.data;
  }
  // A few, and each cut: names of fields are in them, and those may be of any length.
  const problems = result.error.issues
    .slice(0, MOST_PROBLEMS)
    .map(({ path, message }) => `${path.join('.').slice(0, LONGEST)}: ${message.slice(0, LONGEST)}`);
  throw new BundleError(`${BUNDLE_FILES.manifest} of bundle "${name}" is not valid: ${problems.join('; ')}`, {
    details: { file: BUNDLE_FILES.manifest, problems },
  });
}

function checkRegion({ region, configuration }: BundleManifest, name: string): void {
  const [height, width] = configuration.inputSize;
  if (!region || (region.width === width && region.height === height)) return;
  throw new BundleError(
    `the region in ${BUNDLE_FILES.manifest} of bundle "${name}" is of ${region.height} x ${region.width} places, expected those of the input, ${height} x ${width}; train again`,
    { details: { file: BUNDLE_FILES.manifest } },
  );
}

function wrongVersion(file: string, found: unknown): BundleError {
  const options = { details: { file: BUNDLE_FILES.manifest, found, expected: BUNDLE_FORMAT_VERSION } };
  if (typeof found !== 'number') {
    return new BundleError(
      `${file} is not a bundle's manifest: it has no format version; get it again`,
      options,
    );
  }
  return new BundleError(
    `${file} has format version ${found}, this cflow reads ${BUNDLE_FORMAT_VERSION}; ` +
      (found > BUNDLE_FORMAT_VERSION ? 'update cflow' : 'train or export the bundle again'),
    options,
  );
}
