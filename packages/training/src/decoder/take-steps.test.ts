import { type DecoderShape, initialParameters, trainingGraph } from '@cflow/model';
import { adamSteps, type Tensor, writeModel } from '@cflow/onnx';
import type { Session } from '@cflow/runtime';
import { createNodeRuntime } from '@cflow/runtime/node';
import { afterAll, expect, it } from 'vitest';
import { initialState } from './decoder-state.js';
import { isUnrolled, type Steps, takeLoopedSteps, takeUnrolledSteps, UNROLLED_STEPS } from './take-steps.js';

const runtime = createNodeRuntime({ device: 'cpu', threads: 1 });
afterAll(() => runtime.dispose());

const [height, width, size] = [4, 2, 8];
const rows = 6 * height * width;

async function open(shape: DecoderShape, unrolledSteps?: number): Promise<Session> {
  const steps = unrolledSteps === undefined ? {} : { unrolledSteps };
  const graph = trainingGraph(shape, { height, width, fiberBatchSize: size, ...steps });
  return runtime.createSession({ model: writeModel(graph) });
}

it.each([
  ['with a condition', 8],
  ['without one', 0],
])('unrolled steps in groups are the steps of the loop, %s', async (_, conditionVector) => {
  const shape: DecoderShape = {
    kind: conditionVector > 0 ? 'freia-cflow' : 'freia-flow',
    channels: 8,
    conditionVector,
    couplingBlocks: 2,
    clampAlpha: 1.9,
    permuteSoft: false,
  };
  // Two groups and a rest that is done one by one.
  const steps = 2 * UNROLLED_STEPS + 3;
  const group: Steps = {
    tensors: initialState(shape, initialParameters(shape, 0, 'layer')).tensors,
    features: Float32Array.from({ length: rows * 8 }, (_, i) => Math.sin(i * 1.7) + 0.3 * (i % 5)),
    channels: 8,
    area: conditionVector > 0 ? height * width : 0,
    size,
    steps,
    order: Int32Array.from({ length: steps * size }, (_, i) => (i * 7) % rows),
    ...adamSteps(
      Array.from({ length: steps }, (_, i) => 1e-3 * (1 + i)),
      1,
    ),
  };
  const before = structuredClone(group);
  const opened: number[] = [];
  const looped = await takeLoopedSteps(await open(shape), group);
  const unrolled = await takeUnrolledSteps((count) => {
    opened.push(count);
    return open(shape, count);
  }, group);
  expect(opened).toEqual([UNROLLED_STEPS, UNROLLED_STEPS, 1, 1, 1]);
  expect(group).toEqual(before);
  expect(Object.keys(unrolled).sort()).toEqual(Object.keys(looped).sort());
  for (const [name, { dims, data }] of Object.entries(looped)) {
    const found = unrolled[name] as Tensor;
    expect(found.dims).toEqual(dims);
    const worst = Math.max(
      ...Array.from(data as Float32Array, (value, i) => Math.abs(value - Number(found.data[i]))),
    );
    expect(worst, name).toBeLessThan(1e-5);
  }
});

it('unrolls where the engine has no loop of its own, and only there', () => {
  expect((['cpu', 'wasm', 'cuda', 'webgpu'] as const).filter(isUnrolled)).toEqual(['webgpu']);
});
