import {
  channelStatisticsGraph,
  type DecoderShape,
  type FeatureLayer,
  normalizedParameters,
  positionalEncoding,
  randomPermutation,
  randomStream,
} from '@cflow/model';
import { type Tensor, writeModel } from '@cflow/onnx';
import type { Runtime } from '@cflow/runtime';
import { TrainingError } from '@cflow/spec';
import { allFinite } from '../all-finite.js';
import type { FeatureSource } from '../features/feature-source.js';
import { conditionRows } from './condition-rows.js';
import { type DecoderState, parametersOf } from './decoder-state.js';

export interface NormalizeDecoderOptions {
  runtime: Runtime;
  threads: number;
  /** Index of the layer among the features. */
  index: number;
  layer: FeatureLayer;
  shape: DecoderShape;
  features: FeatureSource;
  trainImages: readonly number[];
  seed: number;
  /** A decoder that has not taken a step; its global scales and offsets are set. */
  state: DecoderState;
}

/** Mean and deviation of a channel are known to a hundredth from so many fibers. */
const SAMPLE_FIBERS = 4096;
/** Images that these are taken from, at most. */
const SAMPLE_IMAGES = 32;

/**
 * Sets every block's global scale and offset from a seeded sample of the fibers to train on, so that training starts
 * from channels of mean 0 and variance 1.
 *
 * @throws TrainingError when what the untrained decoder makes of the fibers is not finite
 */
export async function normalizeDecoder(options: NormalizeDecoderOptions): Promise<void> {
  const { runtime, threads, shape, layer, state } = options;
  const feeds = await sampleFibers(options);
  const model = writeModel(channelStatisticsGraph(shape));
  const session = await runtime.createSession({ model }, { threads, spinning: 'none' });
  try {
    const parameters = parametersOf(shape, state);
    const found = await session.run({ ...Object.fromEntries(parameters), ...feeds });
    const [mean, deviation] = ['mean', 'deviation'].map(
      (name) => (found[name] as Tensor).data as Float32Array,
    ) as [Float32Array, Float32Array];
    if (!allFinite(mean) || !allFinite(deviation)) {
      throw new TrainingError(
        `the output of the untrained decoder of layer ${layer.name} is not finite; check the images for damage`,
        { details: { layer: layer.name } },
      );
    }
    for (const [name, tensor] of normalizedParameters(shape, parameters, { mean, deviation }))
      state.tensors.set(name, tensor);
  } finally {
    await session.dispose();
  }
}

async function sampleFibers({
  index,
  layer: { name, height, width },
  shape: { channels, conditionVector },
  features,
  trainImages,
  seed,
}: NormalizeDecoderOptions): Promise<Record<string, Tensor>> {
  const area = height * width;
  const chosen = randomPermutation(randomStream(seed, `normalize/${name}/images`), trainImages.length);
  const images = [...chosen.subarray(0, SAMPLE_IMAGES)].map((place) => trainImages[place]!);
  const all = await features.read(index, images);
  const order = randomPermutation(randomStream(seed, `normalize/${name}/fibers`), images.length * area);
  const sample = order.subarray(0, SAMPLE_FIBERS);
  const data = new Float32Array(sample.length * channels);
  sample.forEach((row, i) => {
    data.set(all.subarray(row * channels, (row + 1) * channels), i * channels);
  });
  const positions = (row: number): number => sample[row]! % area;
  return {
    features: { type: 'float32', dims: [sample.length, channels], data },
    ...(conditionVector > 0 && {
      condition: conditionRows(
        positionalEncoding(conditionVector, height, width),
        conditionVector,
        sample.length,
        positions,
      ),
    }),
  };
}
