import {
  checkProbe,
  type DeviceCandidate,
  type GoldenProbe,
  type Runtime,
  type Session,
  type SessionOptions,
  selectDevice,
} from '@cflow/runtime';
import { BUNDLE_FILES, BundleError, type DeviceChoice, DeviceError } from '@cflow/spec';
import { checkBatchSizes } from './batch-sizes.js';
import { type BundleSource, onOneVersion, type VerifiedBundle, verifyBundle } from './bundle.js';
import { Detector, type DetectorParts } from './detector.js';
import { readProbe } from './read-probe.js';

export interface LoadDetectorOptions {
  /** The devices of this host, best first. */
  devices: readonly DeviceCandidate[];
  /** Default `auto`: the first device that gives the right numbers. */
  device?: DeviceChoice | undefined;
  threads?: number | undefined;
  batchSizes?: readonly number[] | undefined;
  maxBatch?: number | undefined;
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
    const bundle = await verifyBundle(source);
    const probe = readProbe(bundle);
    const { result, refused } = await selectDevice(options.device ?? 'auto', options.devices, (candidate) =>
      openOn(candidate, bundle, probe, options),
    );
    return new Detector({ ...result, refused });
  });
}

async function openOn(
  candidate: DeviceCandidate,
  bundle: VerifiedBundle,
  probe: GoldenProbe,
  { threads, batchSizes, maxBatch }: LoadDetectorOptions,
): Promise<DetectorParts> {
  const runtime = await candidate.createRuntime();
  try {
    const { backbone, head } = await openGraphs(runtime, bundle, threads === undefined ? {} : { threads });
    const result = await checkProbe(chain(backbone, head), probe);
    if (result.reason !== undefined) {
      throw new DeviceError('the device gives wrong numbers', [
        { device: candidate.device, reason: `golden probe failed: ${result.reason}` },
      ]);
    }
    const { manifest } = bundle;
    return { manifest, runtime, backbone, head, batchSizes, maxBatch, dispose: () => runtime.dispose() };
  } catch (error) {
    await runtime.dispose();
    throw error;
  }
}

async function openGraphs(
  runtime: Runtime,
  bundle: VerifiedBundle,
  options: SessionOptions,
): Promise<{ backbone: Session; head: Session }> {
  const open = async (graph: string, weights: string): Promise<Session> => {
    const { source, files } = bundle;
    const data = (await source.path?.(weights)) ?? (files.get(weights) as Uint8Array);
    const model = files.get(graph) as Uint8Array;
    return runtime.createSession({ model, externalData: [{ path: weights, data }] }, options);
  };
  const [backbone, head] = await Promise.all([
    open(BUNDLE_FILES.backboneModel, BUNDLE_FILES.backboneWeights),
    open(BUNDLE_FILES.headModel, BUNDLE_FILES.decoders),
  ]);
  checkGraphs(bundle, backbone, head);
  return { backbone, head };
}

/** Files that are whole can still be of different makers; what does not fit must not be met by an image. */
function checkGraphs({ manifest, source }: VerifiedBundle, backbone: Session, head: Session): void {
  const image = backbone.inputs.find(({ name }) => name === 'image');
  const [height, width] = manifest.configuration.inputSize;
  const maps = backbone.outputs.map(({ name }) => name).sort();
  const taken = head.inputs.map(({ name }) => name).sort();
  const problem =
    image?.type !== 'uint8' || `${image.dims.slice(1)}` !== `3,${height},${width}`
      ? `${BUNDLE_FILES.backboneModel} does not take images of ${height} x ${width} pixels`
      : `${taken}` !== `${maps}`
        ? `${BUNDLE_FILES.headModel} takes other layers than ${BUNDLE_FILES.backboneModel} gives`
        : ['score', 'anomaly_map'].some((name) => head.outputs.every((output) => output.name !== name))
          ? `${BUNDLE_FILES.headModel} gives no score and map`
          : undefined;
  if (problem !== undefined)
    throw new BundleError(`bundle "${source.name}" cannot work: ${problem}; get the bundle again`);
}

/** Backbone and head seen as one session, for the probe. */
function chain(backbone: Session, head: Session): Session {
  return {
    device: head.device,
    inputs: backbone.inputs,
    outputs: head.outputs,
    run: async (feeds, options) => head.run(await backbone.run(feeds), options),
    dispose: async () => undefined,
  };
}
