import {
  type DeviceCandidate,
  type Runtime,
  type Session,
  type SessionOptions,
  selectDevice,
} from '@cflow/runtime';
import type { DeviceChoice } from '@cflow/spec';
import { checkBatchSizes, DEFAULT_MAX_BATCH } from './batch-sizes.js';
import { type BundleSource, onOneVersion, type VerifiedBundle } from './bundle.js';
import { Detector, type DetectorParts } from './detector.js';
import { imagesAsFeatures, openBackbone, openHead, probeGraphs, runsAsOneGraph } from './open-graphs.js';
import { readProbe } from './read-probe.js';
import { verifyBundle } from './verify-bundle.js';

export interface LoadDetectorOptions {
  /** The devices of this host, best first. */
  devices: readonly DeviceCandidate[];
  /** Default `auto`: the first device that gives the right numbers. */
  device?: DeviceChoice | undefined;
  threads?: number | undefined;
  batchSizes?: readonly number[] | undefined;
  maxBatch?: number | undefined;
  /**
   * How a card gets a detector as one graph: `() => import('@cflow/detector/one-graph')`. Left out, backbone and head run apart there
   * as well: what builds graphs is nothing that a page should fetch.
   */
  oneGraph?: (() => Promise<{ openOneGraph: typeof openHead }>) | undefined;
}

/**
 * Loads a bundle: verifies every file, opens it on a device, and runs the golden probe there. A device that gives
 * other numbers than the probe demands is refused.
 *
 * @throws BundleError for a damaged bundle, DeviceError when no device passes; it lists every attempt
 */
export async function loadDetector(source: BundleSource, options: LoadDetectorOptions): Promise<Detector> {
  checkBatchSizes(options);
  // Around all of it: a device reads the weights once more, by path where there is one.
  return onOneVersion(source, async () => {
    const { batchSizes, maxBatch = DEFAULT_MAX_BATCH } = options;
    // The probe is one image.
    const batches = [1, ...(batchSizes ?? Array.from({ length: maxBatch }, (_, i) => i + 1))];
    const verified = verifyBundle(source, { weightsByPath: true, batches });
    // While files are read and hashed, the device starts: it takes as long, and elsewhere. Nothing of the bundle gets
    // there before all of it is verified.
    const selected = selectDevice(options.device ?? 'auto', options.devices, (candidate) =>
      openOn(candidate, verified, options),
    );
    const [bundle, device] = await Promise.allSettled([verified, selected]);
    // A damaged bundle is what has to be told, whatever else is wrong.
    if (bundle.status === 'rejected') throw bundle.reason;
    if (device.status === 'rejected') throw device.reason;
    const { result, refused } = device.value;
    return new Detector({ ...result, refused });
  });
}

async function openOn(
  candidate: DeviceCandidate,
  verified: Promise<VerifiedBundle>,
  { threads, batchSizes, maxBatch, oneGraph }: LoadDetectorOptions,
): Promise<DetectorParts> {
  const runtime = await candidate.createRuntime();
  try {
    const bundle = await verified;
    const probe = readProbe(bundle);
    const options = threads === undefined ? {} : { threads };
    const { head, backbone } = await openGraphs(runtime, bundle, options, oneGraph);
    await probeGraphs(backbone, head, probe);
    const { manifest } = bundle;
    return { manifest, runtime, backbone, head, batchSizes, maxBatch, dispose: () => runtime.dispose() };
  } catch (error) {
    await runtime.dispose();
    throw error;
  }
}

/** Both graphs on a device, or one that is both where feature maps would cross a bus and `oneGraph` says how. */
export async function openGraphs(
  runtime: Runtime,
  bundle: VerifiedBundle,
  options: SessionOptions,
  oneGraph: LoadDetectorOptions['oneGraph'],
): Promise<Record<'head' | 'backbone', Session>> {
  if (oneGraph && runsAsOneGraph(runtime.device)) {
    // Only then: what builds graphs takes a while to load.
    const { openOneGraph } = await oneGraph();
    const whole = await openOneGraph(runtime, bundle, options);
    return { head: whole, backbone: imagesAsFeatures(whole, bundle) };
  }
  // The head first: folding its weights takes more memory than it then keeps, and the backbone goes where that was.
  const [head, backbone] = await Promise.all([
    openHead(runtime, bundle, options),
    openBackbone(runtime, bundle, options),
  ]);
  return { head, backbone };
}
