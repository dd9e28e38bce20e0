import { type DecoderShape, initialParameters } from '@cflow/model';
import type { Tensor } from '@cflow/onnx';
import type { Runtime } from '@cflow/runtime';
import { createNodeRuntime } from '@cflow/runtime/node';
import { TrainingError } from '@cflow/spec';
import { afterAll, describe, expect, it } from 'vitest';
import { changedLosses, changedOutputs } from '../testing/changed-outputs.js';
import { type DecoderState, initialState } from './decoder-state.js';
import { DecoderTrainer } from './decoder-trainer.js';

const runtime = createNodeRuntime({ device: 'cpu' });
afterAll(() => runtime.dispose());

const shape: DecoderShape = {
  kind: 'freia-cflow',
  channels: 8,
  conditionVector: 8,
  couplingBlocks: 2,
  clampAlpha: 1.9,
  permuteSoft: false,
};
const IMAGES = 6;
const [height, width] = [4, 2];
const rows = IMAGES * height * width;
const features = Float32Array.from({ length: rows * 8 }, (_, i) => Math.sin(i * 1.7) + 0.3 * (i % 5));
const order = Int32Array.from({ length: rows }, (_, i) => (i * 7) % rows);
const batches = { size: 8, steps: 6, order };

const stateOf = (): DecoderState => initialState(shape, initialParameters(shape, 0, 'layer'));
const trainerOf = (state: DecoderState, on: Runtime = runtime): DecoderTrainer =>
  new DecoderTrainer({
    layer: 'layer2',
    shape,
    height,
    width,
    runtime: on,
    threads: 1,
    state,
    checkpointed: true,
  });

function copy({ tensors, steps }: DecoderState): DecoderState {
  const own = [...tensors].map(([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() }] as const);
  return { steps, tensors: new Map(own as [string, Tensor][]) };
}

const refusalOf = async (work: Promise<unknown>): Promise<TrainingError> => {
  const error = await work.catch((found: unknown) => found);
  expect(error).toBeInstanceOf(TrainingError);
  return error as TrainingError;
};

describe('DecoderTrainer', () => {
  it('gives the same bits in one call and in several', async () => {
    const rates = [1e-3, 2e-3, 3e-3, 2e-3, 1e-3, 5e-4];
    const whole = trainerOf(stateOf());
    const losses = await whole.train(features, batches, rates);
    const parts = trainerOf(stateOf());
    const found: number[] = [];
    for (const [from, to] of [
      [0, 1],
      [1, 4],
      [4, 6],
    ] as const) {
      const part = { size: 8, steps: to - from, order: order.slice(from * 8, to * 8) };
      found.push(...(await parts.train(features, part, rates.slice(from, to))));
    }
    expect(found).toEqual([...losses]);
    expect(parts.state).toEqual(whole.state);
    expect(whole.state.steps).toBe(6);
    await whole.dispose();
    await parts.dispose();
  });

  it('makes features likelier', async () => {
    const trainer = trainerOf(stateOf());
    const before = await trainer.negativeLogLikelihood(features);
    for (let epoch = 0; epoch < 20; epoch++) await trainer.train(features, batches, Array(6).fill(3e-3));
    expect(await trainer.negativeLogLikelihood(features)).toBeLessThan(before - 0.1);
    await trainer.dispose();
  });

  it('measures in parts what is too much for one call', async () => {
    const trainer = trainerOf(stateOf());
    const once = await trainer.negativeLogLikelihood(features);
    // 8640 rows, and so two calls.
    const often = new Float32Array(features.length * 180);
    for (let i = 0; i < 180; i++) often.set(features, i * features.length);
    expect(await trainer.negativeLogLikelihood(often)).toBeCloseTo(once, 5);
    await trainer.dispose();
  });

  it('stops when the loss is not finite, and says where; the state stays as it was', async () => {
    const trainer = trainerOf(stateOf());
    await trainer.train(features, batches, Array(6).fill(1e-4));
    const before = copy(trainer.state);
    const error = await refusalOf(trainer.train(features, batches, Array(6).fill(1e20)));
    expect(error.message).toMatch(
      /training of layer layer2 diverged at step (8|9) with learning rate 100000000000000000000, loss [\d.]+ .*: the loss became (NaN|Infinity)/,
    );
    expect(error.message).toMatch(/last checkpoint is kept/);
    expect(error.details).toMatchObject({ layer: 'layer2', learningRate: 1e20 });
    expect(JSON.parse(JSON.stringify(error.details))).toEqual(error.details);
    expect(trainer.state).toEqual(before);
    await trainer.dispose();
  });

  it('notices what the last step of a call did, which no loss shows yet', async () => {
    const trainer = trainerOf(stateOf());
    const before = copy(trainer.state);
    const rates = [1e-3, 1e-3, 1e-3, 1e-3, 1e-3, Number.MAX_VALUE];
    const error = await refusalOf(trainer.train(features, batches, rates));
    expect(error.message).toMatch(/diverged at step 6 .*is not finite/);
    expect(trainer.state).toEqual(before);
    await trainer.dispose();
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('stops at features with a %d', async (bad) => {
    const trainer = trainerOf(stateOf());
    const before = copy(trainer.state);
    await refusalOf(trainer.train(Float32Array.from(features).fill(bad, 5, 6), batches, Array(6).fill(1e-4)));
    expect(trainer.state).toEqual(before);
    const error = await refusalOf(trainer.negativeLogLikelihood(Float32Array.from(features).fill(bad, 5, 6)));
    expect(error.message).toMatch(/layer layer2 .*likelihood of held-out images is not finite/);
    await trainer.dispose();
  });

  it('stops at an infinite loss too, which is what some devices make of a NaN', async () => {
    const infinite = withLosses(() => Number.POSITIVE_INFINITY);
    const trainer = trainerOf(stateOf(), infinite);
    const error = await refusalOf(trainer.train(features, batches, Array(6).fill(1e-4)));
    expect(error.message).toMatch(/diverged at step 1 with learning rate 0.0001: the loss became Infinity/);
    await infinite.dispose();
  });
});

/** A device of which the losses are wrong. */
function withLosses(change: (loss: number) => number): Runtime {
  const inner = createNodeRuntime({ device: 'cpu' });
  return changedOutputs(inner, (outputs) => changedLosses(outputs, change));
}
