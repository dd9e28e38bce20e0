import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type DecoderShape,
  permutationShapes,
  positionalEncoding,
  readSafetensors,
  trainableShapes,
  writeSafetensors,
} from '@cflow/model';
import { elementCount, float32, int64, type Tensor, writeModel } from '@cflow/onnx';
import type { Runtime } from '@cflow/runtime';
import { initialState } from '../../../packages/training/src/decoder/decoder-state.js';
import { DecoderTrainer } from '../../../packages/training/src/decoder/decoder-trainer.js';
import { type Contender, timed } from '../alternate.js';
import { withDensePermutations } from '../dense-permutation.js';
import type { Peer } from '../peer/peer.js';
import { ADAM, MEAN, NEXT, referenceTrainingGraph, SQUARE_MEAN } from './reference-training-graph.js';
import type { TrainCase } from './train-cases.js';

/** Somebody who trains, with the losses and the parameters after the first run of steps. */
export interface TrainContender extends Contender {
  outputs: Readonly<Record<string, Tensor>>;
}

/** Everything that the contenders of one case share. */
export interface TrainPlace {
  trainCase: TrainCase;
  shape: DecoderShape;
  /** Where training starts. */
  parameters: ReadonlyMap<string, Tensor>;
  /** [fibers, C] */
  features: Float32Array;
  /** Which fibers make each step: [steps, N]. */
  order: Int32Array;
  runtime: Runtime;
  threads: number;
  folder: string;
}

/** That of the original code. Ten times as much would show rounding more than mistakes. */
const LEARNING_RATE = 2e-4;

/** The trainer that training runs. */
export async function ourContender(place: TrainPlace): Promise<TrainContender> {
  const { trainCase, shape, parameters, features, order, runtime, threads } = place;
  const { side, steps, fiberBatchSize } = trainCase;
  const state = initialState(shape, parameters);
  const trainer = new DecoderTrainer({
    layer: 'layer',
    shape,
    height: side,
    width: side,
    runtime,
    threads,
    state,
  });
  const rates = Array.from({ length: steps }, () => LEARNING_RATE);
  const train = (): Promise<Float32Array> =>
    trainer.train(features, { size: fiberBatchSize, steps, order }, rates);
  const losses = float32([steps], await train());
  return {
    name: 'cflow',
    outputs: { ...Object.fromEntries(state.tensors), losses },
    run: () => timed(train),
  };
}

/** The reference algorithm as a graph, its state carried from run to run as ours is. */
export async function referenceContender(place: TrainPlace): Promise<TrainContender> {
  const { trainCase, shape, parameters, features, order, runtime } = place;
  const { steps, fiberBatchSize } = trainCase;
  const dense = withDensePermutations(parameters);
  const permutations = new Map(
    permutationShapes(shape).map(([name]) => {
      const matrix = name.replace(/_index$/, '');
      return [matrix, dense.get(matrix) as Tensor];
    }),
  );
  const graph = referenceTrainingGraph(shape, fiberBatchSize, LEARNING_RATE, permutations);
  const session = await runtime.createSession({ model: writeModel(graph) });
  const state: Record<string, Tensor> = {};
  for (const [name, dims] of trainableShapes(shape)) {
    state[name] = parameters.get(name) as Tensor;
    for (const prefix of [MEAN, SQUARE_MEAN])
      state[prefix + name] = float32(dims, new Float32Array(elementCount(dims)));
  }
  const fixed = {
    features: float32([features.length / shape.channels, shape.channels], features),
    condition: conditions(place),
    order: { type: 'int32', dims: [steps, fiberBatchSize], data: order } as const,
    steps: int64([], [steps]),
  };
  let taken = 0;
  const train = async (): Promise<Tensor> => {
    const correction = (beta: number): Tensor =>
      float32(
        [steps],
        Float32Array.from({ length: steps }, (_, i) => 1 - beta ** (taken + i + 1)),
      );
    const { losses, ...next } = await session.run({
      ...state,
      ...fixed,
      corrections: correction(ADAM.beta1),
      square_corrections: correction(ADAM.beta2),
    });
    for (const [name, tensor] of Object.entries(next)) state[name.slice(NEXT.length)] = tensor;
    taken += steps;
    return losses as Tensor;
  };
  const losses = await train();
  return {
    name: 'reference algorithm as an ONNX graph',
    outputs: { ...state, losses },
    run: () => timed(train),
  };
}

/** anomalib's own decoder under torch's Adam. */
export async function anomalibContender(peer: Peer, place: TrainPlace): Promise<TrainContender> {
  const { trainCase, shape, parameters, features, order, folder } = place;
  const { name, steps, fiberBatchSize } = trainCase;
  const file = join(folder, `${name.replaceAll('/', '-')}.safetensors`);
  const tensors = new Map<string, Tensor>([
    ['features', float32([features.length / shape.channels, shape.channels], features)],
    ['condition', conditions(place)],
    ['order', { type: 'int32', dims: [steps, fiberBatchSize], data: order }],
    ...[...withDensePermutations(parameters)].map(([key, tensor]) => [`decoder.${key}`, tensor] as const),
  ]);
  await writeFile(file, writeSafetensors(tensors));
  await peer.load('training', {
    file,
    channels: shape.channels,
    lr: LEARNING_RATE,
    condition_vector: shape.conditionVector,
    coupling_blocks: shape.couplingBlocks,
    clamp_alpha: shape.clampAlpha,
  });
  const saved = join(folder, 'anomalib.safetensors');
  await peer.run(saved);
  const outputs = Object.fromEntries(readSafetensors(await readFile(saved)).tensors);
  return { name: peer.name, outputs, run: () => peer.run() };
}

/** The condition of each fiber: that of its position in its image. */
function conditions({ trainCase: { side }, shape, features }: TrainPlace): Tensor {
  const { channels, conditionVector } = shape;
  const encoding = positionalEncoding(conditionVector, side, side);
  const fibers = features.length / channels;
  const data = new Float32Array(fibers * conditionVector);
  for (let start = 0; start < data.length; start += encoding.length) {
    data.set(encoding.subarray(0, Math.min(encoding.length, data.length - start)), start);
  }
  return float32([fibers, conditionVector], data);
}
