import {
  BUNDLE_FILES,
  BundleError,
  type BundleManifest,
  type PrecisionMode,
  THROUGHPUT_FILES,
  throughputSchema,
} from '@cflow/spec';
import type { BundleSource } from './bundle.js';
import { manifestBytes, parseManifest } from './manifest.js';
import { sha256Hex } from './sha256.js';

/**
 * A bundle as it is in a mode. `exact`: as it is. `throughput`: the same graphs and weights with the calibration, the thresholds
 * and the golden probe that it has for that mode, so that whatever opens it knows of nothing else; its manifest, and every
 * prediction, say `precisionMode`. Reading it rejects with BundleError where the bundle was not calibrated for the mode.
 */
export function inPrecisionMode(source: BundleSource, mode: PrecisionMode): BundleSource {
  if (mode === 'exact') return source;
  return {
    name: source.name,
    ...(source.path && { path: source.path.bind(source) }),
    ...(source.digest && { digest: source.digest.bind(source) }),
    read: (file) =>
      file === BUNDLE_FILES.manifest
        ? throughputManifest(source)
        : source.read(file === BUNDLE_FILES.probe ? THROUGHPUT_FILES.probe : file),
  };
}

async function throughputManifest(source: BundleSource): Promise<Uint8Array> {
  const manifest = await parseManifest(await source.read(BUNDLE_FILES.manifest), source.name);
  const {
    [THROUGHPUT_FILES.calibration]: listed,
    [THROUGHPUT_FILES.probe]: probe,
    ...files
  } = manifest.files;
  if (!listed || !probe) {
    throw new BundleError(
      `bundle "${source.name}" is not calibrated for the precision mode throughput; calibrate it on good images with ` +
        '"cflow calibrate", or use the mode exact',
      { details: { file: THROUGHPUT_FILES.calibration } },
    );
  }
  const bytes = await source.read(THROUGHPUT_FILES.calibration);
  if (bytes.length !== listed.bytes || (await sha256Hex(bytes)) !== listed.sha256) throw damaged(source.name);
  const { calibration, thresholds, probe: tolerances } = parseThroughput(bytes, source.name);
  return manifestBytes({
    ...manifest,
    calibration,
    thresholds,
    probe: tolerances,
    precisionMode: 'throughput',
    files: { ...files, [BUNDLE_FILES.probe]: probe },
  });
}

function parseThroughput(
  bytes: Uint8Array,
  name: string,
): Pick<BundleManifest, 'calibration' | 'thresholds' | 'probe'> {
  try {
    return throughputSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch (cause) {
    throw damaged(name, cause);
  }
}

const damaged = (name: string, cause?: unknown): BundleError =>
  new BundleError(
    `${THROUGHPUT_FILES.calibration} of bundle "${name}" is damaged; get the bundle again, or calibrate it again`,
    { cause, details: { file: THROUGHPUT_FILES.calibration } },
  );
