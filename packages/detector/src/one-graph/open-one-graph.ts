import type { Tensor } from '@cflow/onnx';
import type { Runtime, Session, SessionOptions } from '@cflow/runtime';
import { BUNDLE_FILES } from '@cflow/spec';
import type { VerifiedBundle } from '../bundle.js';
import { weightsOf } from '../open-graphs.js';
import { compactMaps, MAP_LEVELS, mapOfLevels } from './map-levels.js';
import { mergeDetector } from './merge-detector.js';

/**
 * A detector's backbone and head as one session in the head's place: `image` in, and what the head gives out. Feature maps
 * stay on the device, and of the map 16-bit levels leave it ({@link compactMaps}); what comes out is float32 as ever.
 */
export async function openOneGraph(
  runtime: Runtime,
  bundle: VerifiedBundle,
  options: SessionOptions = {},
): Promise<Session> {
  const { files, manifest } = bundle;
  const { backboneModel, backboneWeights, headModel, decoders } = BUNDLE_FILES;
  const merged = mergeDetector(manifest, {
    backbone: files.get(backboneModel) as Uint8Array,
    head: files.get(headModel) as Uint8Array,
  });
  const model = compactMaps(merged, manifest.configuration.inputSize);
  const externalData = await Promise.all([backboneWeights, decoders].map((file) => weightsOf(bundle, file)));
  return withFloatMaps(await runtime.createSession({ model, externalData }, options));
}

function withFloatMaps(session: Session): Session {
  const isLevels = (name: string): boolean => MAP_LEVELS.some((each) => each === name);
  const outputs = session.outputs.filter(({ name }) => !isLevels(name));
  return {
    device: session.device,
    inputs: session.inputs,
    outputs,
    async run(feeds, options = {}) {
      const { fetches = outputs.map(({ name }) => name) } = options;
      const fetched = fetches.flatMap((name) => (name === 'anomaly_map' ? MAP_LEVELS : [name]));
      const found = await session.run(feeds, { ...options, fetches: fetched });
      const [levels, low, high] = MAP_LEVELS.map((name) => found[name]);
      const map = levels && low && high && mapOfLevels({ levels, low, high });
      return Object.fromEntries(
        fetches.map((name) => [name, (name === 'anomaly_map' ? map : found[name]) as Tensor]),
      );
    },
    dispose: () => session.dispose(),
  };
}
