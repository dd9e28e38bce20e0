// The two graphs of a bundle as sessions, one by one, for a host that shares a backbone between detectors; and what stands in
// the backbone's place where both are one graph.
import {
  checkProbe,
  type GoldenProbe,
  type Runtime,
  type Session,
  type SessionOptions,
} from '@cflow/runtime';
import { BUNDLE_FILES, BundleError, type Device, DeviceError } from '@cflow/spec';
import type { VerifiedBundle } from './bundle.js';
import { detectorTiling, tiledSession } from './tiled-session.js';

/** Images in, feature maps out. Detectors with the same `backboneKey` can share it. */
export async function openBackbone(
  runtime: Runtime,
  bundle: VerifiedBundle,
  options: SessionOptions = {},
): Promise<Session> {
  const { backboneModel, backboneWeights } = BUNDLE_FILES;
  const session = await open(runtime, bundle, backboneModel, backboneWeights, options);
  const { configuration, layers } = bundle.manifest;
  const tiling = detectorTiling(configuration, layers);
  return tiling ? tiledSession(session, tiling, layers) : session;
}

/** Feature maps in, score and map out. */
export function openHead(
  runtime: Runtime,
  bundle: VerifiedBundle,
  options: SessionOptions = {},
): Promise<Session> {
  return open(runtime, bundle, BUNDLE_FILES.headModel, BUNDLE_FILES.decoders, options);
}

async function open(
  runtime: Runtime,
  bundle: VerifiedBundle,
  graph: string,
  weights: string,
  options: SessionOptions,
): Promise<Session> {
  const model = bundle.files.get(graph) as Uint8Array;
  return runtime.createSession({ model, externalData: [await weightsOf(bundle, weights)] }, options);
}

/** A file of weights as a session is given it: where it lies, or what it holds. */
export async function weightsOf(
  { source, files }: VerifiedBundle,
  path: string,
): Promise<{ path: string; data: string | Uint8Array }> {
  return { path, data: (await source.path?.(path)) ?? (files.get(path) as Uint8Array) };
}

/**
 * Files that are whole can still be of different makers; what does not fit must not be met by an image. For hosts that
 * open files which were only verified: an inspected bundle has been checked for more.
 *
 * @throws BundleError when the two are not the halves of one detector
 */
export function checkGraphs({ manifest, source }: VerifiedBundle, backbone: Session, head: Session): void {
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

/** Runs the golden probe. @throws DeviceError when the device gives other numbers than it demands */
export async function probeGraphs(backbone: Session, head: Session, probe: GoldenProbe): Promise<void> {
  const result = await checkProbe(joinGraphs(backbone, head), probe);
  if (result.reason === undefined) return;
  throw new DeviceError('the device gives wrong numbers', [
    { device: head.device, reason: `golden probe failed: ${result.reason}` },
  ]);
}

/**
 * Backbone and head seen as one session: images in, score and map out, as `checkProbe` takes it. It owns neither:
 * disposing of it leaves both as they are.
 */
export function joinGraphs(backbone: Session, head: Session): Session {
  return {
    device: head.device,
    inputs: backbone.inputs,
    outputs: head.outputs,
    run: async (feeds, options) => head.run(await backbone.run(feeds), options),
    dispose: async () => undefined,
  };
}

/**
 * Whether a detector runs as one graph on a device: where feature maps would cross a bus. On a processor nothing is won,
 * and the backbone would no longer be shared.
 */
export const runsAsOneGraph = (device: Device): boolean => device === 'cuda';

/**
 * What stands in the backbone's place then: it hands on the images that it is given.
 * @param head from `openOneGraph` of `@cflow/detector/one-graph`
 */
export function imagesAsFeatures(head: Session, { manifest }: Pick<VerifiedBundle, 'manifest'>): Session {
  return {
    device: head.device,
    inputs: head.inputs,
    outputs: manifest.layers.map(({ name, channels, height, width }) => ({
      name,
      type: 'float32',
      dims: ['batch', channels, height, width],
    })),
    run: async (feeds) => ({ ...feeds }),
    dispose: async () => undefined,
  };
}
