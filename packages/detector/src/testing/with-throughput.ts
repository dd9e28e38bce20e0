import { BUNDLE_FILES, type BundleManifest, THROUGHPUT_FILES, type Throughput } from '@cflow/spec';
import { parseManifest } from '../manifest.js';
import { sealBundle } from './make-bundle.js';

/** A bundle that is calibrated for the precision mode `throughput`, too: by its own numbers, with some of them others. */
export async function withThroughput(
  files: ReadonlyMap<string, Uint8Array>,
  changed: Partial<BundleManifest['thresholds']> = {},
): Promise<Map<string, Uint8Array>> {
  const manifest = await parseManifest(files.get(BUNDLE_FILES.manifest) as Uint8Array, 'test');
  const { calibration, thresholds } = manifest;
  const throughput: Throughput = {
    device: 'a card that is none',
    calibration,
    thresholds: { ...thresholds, ...changed },
    probe: { absoluteTolerance: 0.4 * calibration.scoreSpread, relativeTolerance: 1e-2 },
  };
  const all = new Map(files);
  all.set(THROUGHPUT_FILES.calibration, new TextEncoder().encode(JSON.stringify(throughput)));
  all.set(THROUGHPUT_FILES.probe, files.get(BUNDLE_FILES.probe) as Uint8Array);
  await sealBundle(all, manifest);
  return all;
}
