import {
  type DecoderShape,
  initialParameters,
  randomPermutation,
  randomStream,
  trainableShapes,
} from '@cflow/model';
import { createNodeRuntime } from '@cflow/runtime/node';
import { randomTensor } from '../../../packages/model/src/testing/random-decoder.js';
import { expectAgreement, type Measure } from '../agreement.js';
import type { BenchLine } from '../bench-line.js';
import { compare, type Surroundings } from '../compare.js';
import { QUICK_TRAIN_CASE, TRAIN_CASES, type TrainCase } from './train-cases.js';
import { anomalibContender, ourContender, referenceContender, type TrainPlace } from './train-contenders.js';

/** Milliseconds per optimizer step, of ours against the reference algorithm and against anomalib. */
export async function* benchTrain(surroundings: Surroundings): AsyncGenerator<BenchLine> {
  const cases = surroundings.quick ? [QUICK_TRAIN_CASE] : TRAIN_CASES;
  for (const trainCase of cases.filter(({ name }) => name.includes(surroundings.only))) {
    yield* await benchCase(trainCase, surroundings);
  }
}

async function benchCase(trainCase: TrainCase, surroundings: Surroundings): Promise<BenchLine[]> {
  const { threads, folder, peer, log } = surroundings;
  const { name, steps, effort } = trainCase;
  const runtime = createNodeRuntime({ device: 'cpu', threads });
  try {
    const place: TrainPlace = { ...fibers(trainCase), runtime, threads, folder };
    const ours = await ourContender(place);
    const others = [await referenceContender(place), ...(peer ? [await anomalibContender(peer, place)] : [])];
    const outputs = new Map<string, Measure>([['losses', 'largest']]);
    for (const [parameter] of trainableShapes(place.shape)) outputs.set(parameter, 'root-mean-square');
    for (const other of others) {
      const largest = expectAgreement(
        `${name}: cflow and ${other.name}`,
        ours.outputs,
        other.outputs,
        outputs,
      );
      log(`${name}: cflow agrees to ${largest.toExponential(0)} with ${other.name}`);
    }
    return await compare({ name, unit: 'ms/step', per: steps, ours, others, effort, log });
  } finally {
    await runtime.dispose();
  }
}

/** A decoder before training, and features that there is something to learn about, as many as one run of steps takes. */
export function fibers(trainCase: TrainCase): Omit<TrainPlace, 'runtime' | 'threads' | 'folder'> {
  const { channels, side, fiberBatchSize, steps, couplingBlocks } = trainCase;
  const shape: DecoderShape = {
    kind: 'freia-cflow',
    channels,
    conditionVector: 128,
    couplingBlocks,
    clampAlpha: 1.9,
    permuteSoft: false,
  };
  const rows = Math.ceil((fiberBatchSize * steps) / side ** 2) * side ** 2;
  return {
    trainCase,
    shape,
    parameters: initialParameters(shape, 0, 'layer'),
    features: randomTensor([rows, channels], 1).data.map((value) => 0.5 + 0.5 * value),
    order: randomPermutation(randomStream(0, 'order'), rows).slice(0, fiberBatchSize * steps),
  };
}
