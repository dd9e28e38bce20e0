// A small decoder's training: the graph, and what a call of it is given.
import { type DecoderShape, initialParameters, type TrainingGraphOptions, trainingGraph } from '@cflow/model';
import { elementCount, float32, int64, type Tensor, writeModel } from '@cflow/onnx';
import type { TensorInfo } from '@cflow/runtime';

export const SMALL_DECODER: DecoderShape = {
  kind: 'freia-cflow',
  channels: 32,
  conditionVector: 32,
  couplingBlocks: 4,
  clampAlpha: 1.9,
  permuteSoft: false,
};
const FIBERS = 64;

export const smallTraining = (options: Pick<TrainingGraphOptions, 'stateInRows'>): Uint8Array =>
  writeModel(trainingGraph(SMALL_DECODER, { height: 8, width: 8, fiberBatchSize: FIBERS, ...options }));

/** What a call of so many steps takes, by the inputs of the graph. */
export function smallTrainingFeeds(inputs: readonly TensorInfo[], steps: number): Record<string, Tensor> {
  const { channels } = SMALL_DECODER;
  const parameters = new Map<string, Tensor>(initialParameters(SMALL_DECODER, 0, 'layer'));
  const given: Record<string, Tensor> = {};
  for (const { name, type, dims } of inputs) {
    const sizes = dims.map((dim) => (typeof dim === 'number' && dim >= 0 ? dim : undefined));
    const known = parameters.get(name);
    if (known) given[name] = known;
    else if (name === 'steps') given[name] = int64([], [steps]);
    else if (name === 'features')
      given[name] = float32([FIBERS, channels], new Float32Array(FIBERS * channels).fill(0.5));
    else {
      const own = sizes.map((size, i) => size ?? (i === 0 ? steps : 1));
      const count = elementCount(own);
      given[name] =
        type === 'int32'
          ? { type, dims: own, data: new Int32Array(count) }
          : float32(own, new Float32Array(count).fill(1e-3));
    }
  }
  return given;
}
