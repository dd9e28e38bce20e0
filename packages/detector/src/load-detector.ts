import { readSafetensors } from '@cflow/model';
import type { Tensor } from '@cflow/onnx';
import {
  checkProbe,
  type DeviceCandidate,
  type GoldenProbe,
  type Runtime,
  type Session,
  selectDevice,
} from '@cflow/runtime';
import { BUNDLE_FILES, BundleError, type DeviceChoice, DeviceError } from '@cflow/spec';
import type { BundleSource, VerifiedBundle } from './bundle.js';
import { verifyBundle } from './bundle.js';
import { Detector } from './detector.js';

export interface LoadDetectorOptions {
  /** The devices of this host, best first. */
  devices: readonly DeviceCandidate[];
  /** Default `auto`: the first device that gives the right numbers. */
  device?: DeviceChoice;
  threads?: number;
  batchSizes?: readonly number[];
  maxBatch?: number;
}

/**
 * Loads a bundle: verifies every file, opens it on a device, and runs the golden probe there. A device that gives
 * other numbers than the probe demands is refused.
 *
 * @throws BundleError for a damaged bundle, DeviceError when no device passes; it lists every attempt
 */
export async function loadDetector(source: BundleSource, options: LoadDetectorOptions): Promise<Detector> {
  const bundle = await verifyBundle(source);
  const probe = readProbe(bundle);
  const { result, refused } = await selectDevice(options.device ?? 'auto', options.devices, (candidate) =>
    openOn(candidate, bundle, probe, options),
  );
  return new Detector({
    ...result,
    manifest: bundle.manifest,
    refused,
    batchSizes: options.batchSizes,
    maxBatch: options.maxBatch,
    dispose: () => result.runtime.dispose(),
  });
}

interface Opened {
  runtime: Runtime;
  backbone: Session;
  head: Session;
}

async function openOn(
  candidate: DeviceCandidate,
  bundle: VerifiedBundle,
  probe: GoldenProbe,
  { threads }: LoadDetectorOptions,
): Promise<Opened> {
  const runtime = await candidate.createRuntime();
  const options = threads === undefined ? {} : { threads };
  try {
    const [backbone, head] = await Promise.all([
      runtime.createSession(model(bundle, BUNDLE_FILES.backboneModel, BUNDLE_FILES.backboneWeights), options),
      runtime.createSession(model(bundle, BUNDLE_FILES.headModel, BUNDLE_FILES.decoders), options),
    ]);
    const result = await checkProbe(chain(backbone, head), probe);
    if (result.reason !== undefined) {
      throw new DeviceError('the device gives wrong numbers', [
        { device: candidate.device, reason: `golden probe failed: ${result.reason}` },
      ]);
    }
    return { runtime, backbone, head };
  } catch (error) {
    await runtime.dispose();
    throw error;
  }
}

function model({ source, files }: VerifiedBundle, graph: string, weights: string) {
  const bytes = files.get(weights) as Uint8Array;
  return {
    model: files.get(graph) as Uint8Array,
    externalData: [{ path: weights, data: source.path?.(weights) ?? bytes }],
  };
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

/** The input of the probe and the outputs that it must give. */
export function readProbe({ manifest, files, source }: VerifiedBundle): GoldenProbe {
  const { tensors } = readSafetensors(files.get(BUNDLE_FILES.probe) as Uint8Array);
  const take = (name: string): Tensor => {
    const tensor = tensors.get(name);
    if (!tensor)
      throw new BundleError(
        `the golden probe of bundle "${source.name}" lacks "${name}"; get the bundle again`,
      );
    return tensor;
  };
  return {
    feeds: { image: take('image') },
    expected: { score: take('score'), anomaly_map: take('anomaly_map') },
    ...manifest.probe,
  };
}
