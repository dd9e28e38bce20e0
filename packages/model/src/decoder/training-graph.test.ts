import { adamSteps } from '@cflow/onnx';
import { describe, expect, it } from 'vitest';
import { plainLogLikelihood, plainParameters } from '../testing/plain-decoder.js';
import { randomTensor, smallDecoder, trainedLikeParameters } from '../testing/random-decoder.js';
import { numbers, runGraph } from '../testing/run-graph.js';
import type { Tensors } from '../testing/tensors.js';
import { isOfFirstSubnet } from './decoder.js';
import { type DecoderShape, permutationShapes, trainableShapes } from './decoder-shape.js';
import { initialParameters } from './initial-parameters.js';
import { positionalEncoding } from './positional-encoding.js';
import { GRADIENT_SUM, NEXT, SQUARE_SUM, trainedShapes, trainingGraph } from './training-graph.js';

const [HEIGHT, WIDTH, IMAGES, N] = [3, 4, 16, 12];
const ROWS = HEIGHT * WIDTH * IMAGES;

/** Features that lie on a line in a few dimensions, moved by their position: something to learn. */
function toySet(channels: number): Float32Array {
  const noise = randomTensor([ROWS, channels], 5).data;
  return noise.map((value, i) => {
    const [row, channel] = [Math.floor(i / channels), i % channels];
    const shared = noise[row * channels]!;
    return 0.3 * value + (channel % 2 === 0 ? shared : -shared) + 0.5 * ((row % WIDTH) - 1.5);
  });
}

/** A run's parameters and Adam's memory of them before the first step. */
function freshState(shape: DecoderShape, parameters: Tensors): Tensors {
  const state: Tensors = { ...parameters };
  for (const [name, dims] of trainableShapes(shape)) {
    const count = dims.reduce((product, dim) => product * dim, 1);
    for (const moment of [GRADIENT_SUM, SQUARE_SUM]) {
      state[moment + name] = { type: 'float32', dims, data: new Float32Array(count) };
    }
  }
  return state;
}

const initialState = (shape: DecoderShape): Tensors =>
  freshState(shape, Object.fromEntries(initialParameters(shape, 7, 'layer')));

interface Steps {
  first: number;
  count: number;
  lr?: number;
  /** Written down one after the other instead of looped over. */
  unrolled?: boolean;
  standardizing?: boolean;
  stateInRows?: boolean;
}

/** Takes steps `first` to `first + count`, counted from 0, over a fixed order of the rows. */
async function train(
  shape: DecoderShape,
  state: Tensors,
  { first, count, lr = 2e-3, unrolled = false, standardizing = false, stateInRows = false }: Steps,
) {
  const order = Int32Array.from({ length: count * N }, (_, i) => ((first * N + i) * 67) % ROWS);
  const { stepSizes, epsilons } = adamSteps(new Array<number>(count).fill(lr), first + 1);
  const graph = trainingGraph(shape, {
    height: HEIGHT,
    width: WIDTH,
    fiberBatchSize: N,
    standardizing,
    stateInRows,
    ...(unrolled && { unrolledSteps: count }),
  });
  const outputs = await runGraph(graph, {
    ...state,
    features: { type: 'float32', dims: [ROWS, shape.channels], data: toySet(shape.channels) },
    order: { type: 'int32', dims: [count, N], data: order },
    ...(shape.conditionVector > 0 && {
      positions: { type: 'int32', dims: [count, N], data: order.map((row) => row % (HEIGHT * WIDTH)) },
    }),
    ...(!unrolled && { steps: { type: 'int64', dims: [], data: BigInt64Array.of(BigInt(count)) } as const }),
    step_sizes: { type: 'float32', dims: [count], data: stepSizes },
    epsilons: { type: 'float32', dims: [count], data: epsilons },
  });
  const next: Tensors = {};
  for (const [name] of permutationShapes(shape)) next[name] = state[name] as Tensors[string];
  for (const [name, tensor] of Object.entries(outputs)) {
    if (name.startsWith(NEXT)) next[name.slice(NEXT.length)] = tensor;
  }
  return { losses: numbers(outputs, 'losses'), state: next, order };
}

const mean = (values: Float32Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;

const shapes: [string, DecoderShape][] = [
  ['hard permutation', smallDecoder()],
  ['soft permutation', smallDecoder({ permuteSoft: true })],
  ['no condition', smallDecoder({ conditionVector: 0 })],
  [
    'no condition, soft permutation, odd channels',
    smallDecoder({ conditionVector: 0, permuteSoft: true, channels: 7 }),
  ],
];

describe('trainingGraph', () => {
  it.each(shapes)('learns: %s', async (_, shape) => {
    const { losses } = await train(shape, initialState(shape), { first: 0, count: 160, lr: 5e-3 });
    expect(losses.length).toBe(160);
    expect(mean(losses.subarray(-16))).toBeLessThan(mean(losses.subarray(0, 16)) - 0.1);
  });

  it.each(shapes)('gives the same bits twice, and in two calls as in one: %s', async (_, shape) => {
    const [once, again] = [
      await train(shape, initialState(shape), { first: 0, count: 10 }),
      await train(shape, initialState(shape), { first: 0, count: 10 }),
    ];
    const start = await train(shape, initialState(shape), { first: 0, count: 4 });
    const rest = await train(shape, start.state, { first: 4, count: 6 });
    expect(again).toEqual(once);
    expect([...start.losses, ...rest.losses]).toEqual([...once.losses]);
    expect(rest.state).toEqual(once.state);
    // Everything trainable moved, or equality would say little.
    const initial = initialState(shape);
    for (const [name] of trainableShapes(shape)) expect(once.state[name]).not.toEqual(initial[name]);
  });

  it.each(shapes)('computes the same with its steps unrolled as in a loop: %s', async (_, shape) => {
    const looped = await train(shape, initialState(shape), { first: 0, count: 3 });
    const unrolled = await train(shape, initialState(shape), { first: 0, count: 3, unrolled: true });
    // Not to the bit: without the border of a body the runtime may fuse other operators.
    const close = (found: ArrayLike<number>, expected: ArrayLike<number>, name: string): void => {
      expect(found.length).toBe(expected.length);
      const worst = Math.max(
        ...Array.from(expected, (value, i) => Math.abs(value - found[i]!) / Math.max(1, Math.abs(value))),
      );
      expect(worst, name).toBeLessThan(1e-6);
    };
    close(unrolled.losses, looped.losses, 'losses');
    for (const [name] of trainableShapes(shape)) {
      for (const part of ['', GRADIENT_SUM, SQUARE_SUM]) {
        close(numbers(unrolled.state, part + name), numbers(looped.state, part + name), part + name);
      }
    }
  });

  it.each(shapes)('gives the same bits with its state in rows: %s', async (_, shape) => {
    const apart = await train(shape, initialState(shape), { first: 0, count: 6 });
    const rows = await train(shape, initialState(shape), { first: 0, count: 6, stateInRows: true });
    expect(rows.losses).toEqual(apart.losses);
    expect(rows.state).toEqual(apart.state);
  });

  it.each(shapes)("follows the loss's slope, found by moving each parameter: %s", async (_, shape) => {
    const parameters = trainedLikeParameters(shape, 11);
    const lr = 1e-3;
    const { losses, state, order } = await train(shape, freshState(shape, parameters), {
      first: 0,
      count: 1,
      lr,
    });
    const features = toySet(shape.channels);
    const encoding =
      shape.conditionVector > 0 ? positionalEncoding(shape.conditionVector, HEIGHT, WIDTH) : [];
    const plain = plainParameters(parameters);
    const lossNow = (): number => {
      const fibers = Array.from(order, (row) => {
        const position = row % (HEIGHT * WIDTH);
        const x = features.subarray(row * shape.channels, (row + 1) * shape.channels);
        const condition = encoding.slice(
          position * shape.conditionVector,
          (position + 1) * shape.conditionVector,
        );
        return Math.log1p(Math.exp(-plainLogLikelihood(shape, plain, x, condition)));
      });
      return fibers.reduce((sum, loss) => sum + loss, 0) / fibers.length;
    };
    expect(losses[0]).toBeCloseTo(lossNow(), 6);

    const step = 1e-6;
    for (const [name] of trainableShapes(shape)) {
      const values = plain[name] as Float64Array;
      for (let element = 0; element < values.length; element += Math.ceil(values.length / 7)) {
        const value = values[element]!;
        values[element] = value + step;
        const above = lossNow();
        values[element] = value - step;
        const slope = (above - lossNow()) / (2 * step);
        values[element] = value;
        // From nothing, the first step leaves (1 - beta1) g and (1 - beta2) g² behind, and moves by lr g / (|g| + eps).
        const gradient = numbers(state, GRADIENT_SUM + name)[element]!;
        expect(gradient, `${name}[${element}]`).toBeCloseTo(slope, 5);
        expect(numbers(state, SQUARE_SUM + name)[element]!).toBeCloseTo(gradient ** 2, 7);
        const moved = value - numbers(state, name)[element]!;
        expect(moved).toBeCloseTo((lr * gradient) / (Math.abs(gradient) + 1e-8), 5);
      }
    }
  });

  it('reads each row at its own position', async () => {
    const shape = smallDecoder();
    const state = initialState(shape);
    const { losses } = await train(shape, state, { first: 0, count: 1 });
    const { order } = await train(shape, state, { first: 0, count: 1 });
    const elsewhere = await runGraph(
      trainingGraph(shape, { height: HEIGHT, width: WIDTH, fiberBatchSize: N }),
      {
        ...state,
        features: { type: 'float32', dims: [ROWS, shape.channels], data: toySet(shape.channels) },
        order: { type: 'int32', dims: [1, N], data: order },
        positions: { type: 'int32', dims: [1, N], data: order.map((row) => (row + 5) % (HEIGHT * WIDTH)) },
        steps: { type: 'int64', dims: [], data: BigInt64Array.of(1n) },
        step_sizes: { type: 'float32', dims: [1], data: Float32Array.of(0) },
        epsilons: { type: 'float32', dims: [1], data: Float32Array.of(1) },
      },
    );
    expect(numbers(elsewhere, 'losses')[0]).not.toBeCloseTo(losses[0]!, 6);
  });
});

describe('trainingGraph on a grid', () => {
  const [gridRows, groups] = [2, 3];
  const size = gridRows * WIDTH * groups;
  const mapRows = Int32Array.of(2, 0, 1, 2, 0, 1, 1, 0, 2, 1);
  const count = mapRows.length / gridRows;
  // Group by group, row by row, column by column, each fiber of some image.
  const order = Int32Array.from({ length: count * size }, (_, i) => {
    const [step, within] = [Math.floor(i / size), i % size];
    const cell = within % (gridRows * WIDTH);
    const y = mapRows[step * gridRows + Math.floor(cell / WIDTH)]!;
    return ((i * 5) % IMAGES) * HEIGHT * WIDTH + y * WIDTH + (cell % WIDTH);
  });
  const { stepSizes, epsilons } = adamSteps(new Array<number>(count).fill(2e-3), 1);

  const take = (
    shape: DecoderShape,
    fiberBatchSize: number,
    grid: { rows: number } | undefined,
    places: Tensors,
  ) =>
    runGraph(trainingGraph(shape, { height: HEIGHT, width: WIDTH, fiberBatchSize, grid }), {
      ...initialState(shape),
      features: { type: 'float32', dims: [ROWS, shape.channels], data: toySet(shape.channels) },
      order: { type: 'int32', dims: [count, size], data: order },
      ...places,
      steps: { type: 'int64', dims: [], data: BigInt64Array.of(BigInt(count)) },
      step_sizes: { type: 'float32', dims: [count], data: stepSizes },
      epsilons: { type: 'float32', dims: [count], data: epsilons },
    });

  it('takes the steps that the same fibers give one by one', async () => {
    const shape = smallDecoder();
    const positions = order.map((row) => row % (HEIGHT * WIDTH));
    const plain = await take(shape, size, undefined, {
      positions: { type: 'int32', dims: [count, size], data: positions },
    });
    const gridded = await take(
      shape,
      size,
      { rows: gridRows },
      {
        map_rows: { type: 'int32', dims: [count, gridRows], data: mapRows },
      },
    );
    expect(Object.keys(gridded)).toEqual(Object.keys(plain));
    const initial = initialState(shape);
    for (const [name, tensor] of Object.entries(plain)) {
      const found = gridded[name]?.data as Float32Array;
      (tensor.data as Float32Array).forEach((expected, i) => {
        expect(Math.abs(found[i]! - expected), `${name}[${i}]`).toBeLessThan(2e-5);
      });
      if (name.endsWith('.weight') && name.startsWith(`${NEXT}module`))
        expect(tensor.data).not.toEqual(initial[name.slice(NEXT.length)]?.data);
    }
  });

  it('refuses a batch that does not cover it evenly', () => {
    const options = { height: HEIGHT, width: WIDTH, fiberBatchSize: 9, grid: { rows: 2 } };
    expect(() => trainingGraph(smallDecoder(), options)).toThrow(
      /9 is not a multiple of a grid of 2 rows and 4 columns/,
    );
  });
});

describe('trainingGraph with a first block that only standardizes', () => {
  const shape = smallDecoder({ couplingBlocks: 3 });
  const firstSubnetZero = (state: Tensors): Tensors =>
    Object.fromEntries(
      Object.entries(state).map(([name, tensor]) => [
        name,
        isOfFirstSubnet(name) && !name.includes('_sum.')
          ? ({ ...tensor, data: new Float32Array(tensor.data.length) } as Tensors[string])
          : tensor,
      ]),
    );

  it('gives the losses of the whole decoder whose first subnet is 0, and moves everything else alike', async () => {
    const start = firstSubnetZero(initialState(shape));
    const whole = await train(shape, start, { first: 0, count: 1 });
    const given = Object.fromEntries(Object.entries(start).filter(([name]) => !isOfFirstSubnet(name)));
    const standardizing = await train(shape, given, { first: 0, count: 1, standardizing: true });
    expect(standardizing.losses[0]).toBeCloseTo(whole.losses[0]!, 5);
    const trained = trainedShapes(shape, true).map(([name]) => name);
    expect(trained).toHaveLength(trainableShapes(shape).length - 4);
    for (const name of trained) {
      const [found, expected] = [numbers(standardizing.state, name), numbers(whole.state, name)];
      found.forEach((value, i) => {
        expect(value, name).toBeCloseTo(expected[i]!, 5);
      });
    }
    expect(Object.keys(standardizing.state).filter(isOfFirstSubnet)).toEqual([]);
  });
});
