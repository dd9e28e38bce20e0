import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gradients } from './differentiate.js';
import { Graph, type Value } from './graph.js';
import * as op from './operators/index.js';
import { elementCount, float32, int64, type Tensor } from './tensor.js';
import { runGraph } from './testing/run-graph.js';

type Build = (inputs: Value[]) => Value;

/** A fixed stream of numbers in (low, high), so that a failure repeats. */
function numbers(count: number, seed: number, low: number, high: number): Float32Array {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return low + ((high - low) * (state >>> 8)) / 2 ** 24;
  });
}

/**
 * Compares the gradient of sum(y · weights) with central differences, for every input. The weights make sure that
 * a cotangent that is spread wrongly is seen.
 */
async function checkGradient(
  shapes: number[][],
  build: Build,
  { low = -1.5, high = 1.5, seed = 1, step = 4e-3, tolerance = 4e-3 } = {},
): Promise<void> {
  const graph = new Graph('test');
  const inputs = shapes.map((shape, i) => graph.input(`x${i}`, 'float32', shape));
  const y = build(inputs);
  const weights = numbers(elementCount(y.shape as number[]), seed + 99, 0.5, 1.5);
  const weighted = op.Mul(y, graph.constant(float32(y.shape as number[], weights)));
  const loss = op.Reshape(op.ReduceSum(op.Reshape(weighted, [weights.length]), [0]), []);
  for (const [i, gradient] of gradients(loss, inputs).entries()) graph.output(`d${i}`, gradient);
  graph.output('loss', loss);
  graph.output('weighted', weighted);
  const values = shapes.map((shape, i) => numbers(elementCount(shape), seed + i, low, high));
  const feeds = (data: Float32Array[]) =>
    Object.fromEntries(data.map((each, i) => [`x${i}`, float32(shapes[i] as number[], each)]));
  const analytic = await runGraph(graph, feeds(values));
  // Summed in double precision, or rounding would hide what is looked for.
  const total = (outputs: Awaited<ReturnType<typeof runGraph>>): number =>
    ((outputs.weighted as Tensor).data as Float32Array).reduce((sum, value) => sum + value, 0);

  const forward = new Graph('forward');
  const forwardInputs = shapes.map((shape, i) => forward.input(`x${i}`, 'float32', shape));
  const out = build(forwardInputs);
  forward.output('weighted', op.Mul(out, forward.constant(float32(out.shape as number[], weights))));
  for (let i = 0; i < shapes.length; i++) {
    const count = values[i]?.length ?? 0;
    // A few elements of each input are enough, and keep the suite quick.
    for (let k = 0; k < Math.min(count, 4); k++) {
      const element = (k * 7) % count;
      const moved = async (by: number): Promise<number> => {
        const copy = values.map((each) => each.slice());
        (copy[i] as Float32Array)[element] = (values[i]?.[element] ?? 0) + by;
        return total(await runGraph(forward, feeds(copy)));
      };
      const numeric = ((await moved(step)) - (await moved(-step))) / (2 * step);
      const found = ((analytic[`d${i}`] as Tensor).data as Float32Array)[element]!;
      expect(
        Math.abs(found - numeric),
        `input ${i}, element ${element}: ${found} against ${numeric}`,
      ).toBeLessThan(tolerance * Math.max(1, Math.abs(numeric)));
    }
  }
}

const one =
  (build: (x: Value) => Value): Build =>
  ([x]) =>
    build(x as Value);
const two =
  (build: (a: Value, b: Value) => Value): Build =>
  ([a, b]) =>
    build(a as Value, b as Value);

const unary: [string, (x: Value) => Value, object?][] = [
  ['Neg', op.Neg],
  ['Relu', op.Relu],
  ['Tanh', op.Tanh],
  ['Sigmoid', op.Sigmoid],
  ['Softplus', op.Softplus],
  ['Exp', op.Exp],
  ['Abs', op.Abs],
  ['Identity', op.Identity],
  ['Log', op.Log, { low: 0.5, high: 2 }],
  ['Sqrt', op.Sqrt, { low: 0.5, high: 2 }],
  ['Clip', (x) => op.Clip(x, -1, 1)],
  ['HardSigmoid', (x) => op.HardSigmoid(x, 0.5, 0.3)],
  ['HardSwish', op.HardSwish],
  ['Reshape', (x) => op.Reshape(x, [3, 2])],
  ['Transpose', (x) => op.Transpose(x, [1, 0])],
  ['Slice, middle', (x) => op.Slice(x, 1, 1, 2)],
  ['Slice, start', (x) => op.Slice(x, 0, 0, 1)],
  ['Slice, whole', (x) => op.Slice(x, 1, 0, 3)],
  ['ReduceSum', (x) => op.ReduceSum(x, [0])],
  ['ReduceSum, both axes', (x) => op.ReduceSum(x, [0, 1], true)],
  ['ReduceMean', (x) => op.ReduceMean(x, [1])],
  ['Expand', (x) => op.Expand(op.Reshape(x, [1, 2, 3]), [4, 2, 3])],
  ['Split', (x) => op.Mul(...(op.Split(x, [1, 1], 0) as [Value, Value]))],
  ['Split, one piece unused', (x) => op.Split(x, [1, 2], 1)[1] as Value],
  ['Gather with repeats', (x) => op.Gather(x, x.graph.constant(int64([3], [1, 0, 1])), 0)],
  [
    'permute',
    (x) => op.permute(x, x.graph.constant(int64([3], [2, 0, 1])), x.graph.constant(int64([3], [1, 2, 0])), 1),
  ],
  ['Where', (x) => op.Where(op.Greater(x, x.graph.scalar(0)), op.Mul(x, x), op.Neg(x))],
  ['Cast', (x) => op.Cast(op.Cast(x, 'float64'), 'float32')],
  ['a value used twice', (x) => op.Mul(op.Tanh(x), op.Exp(x))],
];

const binary: [string, (a: Value, b: Value) => Value, object?][] = [
  ['Add', op.Add],
  ['Sub', op.Sub],
  ['Mul', op.Mul],
  ['Div', op.Div, { low: 0.5, high: 2 }],
  ['Where', (a, b) => op.Where(op.Less(a, a.graph.scalar(0.3)), op.Add(a, b), op.Mul(a, b))],
];

describe('vector-Jacobian products agree with finite differences', () => {
  it.each(unary)('%s', async (_, build, options) => checkGradient([[2, 3]], one(build), options));

  it.each(binary)('%s', async (_, build, options) => {
    await checkGradient(
      [
        [2, 3],
        [2, 3],
      ],
      two(build),
      options,
    );
    await checkGradient([[2, 3], [3]], two(build), options);
    await checkGradient(
      [
        [2, 1],
        [4, 1, 3],
      ],
      two(build),
      options,
    );
  });

  for (const transA of [false, true]) {
    for (const transB of [false, true]) {
      it(`Gemm, transA ${transA}, transB ${transB}`, async () => {
        const shapes = [transA ? [4, 2] : [2, 4], transB ? [3, 4] : [4, 3], [3]];
        await checkGradient(shapes, ([a, b, c]) => op.Gemm(a as Value, b as Value, c, { transA, transB }));
      });
    }
  }

  it('Gemm with a full matrix to add, and with none', async () => {
    await checkGradient(
      [
        [2, 4],
        [4, 3],
        [2, 3],
      ],
      ([a, b, c]) => op.Gemm(a as Value, b as Value, c),
    );
    await checkGradient(
      [
        [2, 4],
        [4, 3],
      ],
      ([a, b]) => op.Gemm(a as Value, b as Value),
    );
  });

  it('MatMul with leading axes that broadcast', async () => {
    await checkGradient(
      [
        [2, 4],
        [4, 3],
      ],
      two(op.MatMul),
    );
    await checkGradient(
      [
        [5, 2, 4],
        [4, 3],
      ],
      two(op.MatMul),
    );
    await checkGradient(
      [
        [1, 2, 4],
        [5, 4, 3],
      ],
      two(op.MatMul),
    );
  });

  it('Concat', async () => {
    await checkGradient(
      [
        [2, 3],
        [2, 1],
      ],
      two((a, b) => op.Concat([a, b, a], 1)),
    );
  });

  it.each([
    ['plain', [1, 2, 5, 4], [3, 2, 3, 3], {}],
    ['stride that does not divide', [2, 2, 6, 7], [3, 2, 3, 3], { strides: [2, 2], pads: [1, 1, 1, 1] }],
    ['one-sided padding', [1, 2, 6, 6], [2, 2, 3, 3], { strides: [2, 2], pads: [0, 0, 1, 1] }],
    ['depthwise', [1, 4, 5, 5], [4, 1, 3, 3], { group: 4, pads: [1, 1, 1, 1] }],
    ['dilated', [1, 1, 7, 7], [2, 1, 3, 3], { dilations: [2, 2] }],
  ] as const)('Conv, %s', async (_, x, weight, options) => {
    const values = numbers(elementCount(weight), 5, -1, 1);
    await checkGradient([[...x], [weight[0]]], ([input, bias]) => {
      const kernel = (input as Value).graph.constant(float32([...weight], values));
      return op.Conv(input as Value, kernel, bias, options);
    });
  });

  it('chains over random shapes', async () => {
    const size = fc.integer({ min: 1, max: 5 });
    await fc.assert(
      fc.asyncProperty(size, size, size, fc.nat(1000), async (rows, inner, columns, seed) => {
        const build: Build = ([x, w, b]) => {
          const hidden = op.Tanh(op.Gemm(x as Value, w as Value, b, { transB: true }));
          const joined = op.Concat([hidden, x as Value], 1);
          return op.Softplus(op.Mul(joined, op.Exp(op.Neg(op.Mul(joined, joined)))));
        };
        await checkGradient([[rows, inner], [columns, inner], [columns]], build, { seed });
      }),
      { numRuns: 15, seed: 7 },
    );
  });
});

describe('gradients', () => {
  it('refuses a loss that is not one number', () => {
    const graph = new Graph('test');
    const x = graph.input('x', 'float32', [2]);
    expect(() => gradients(op.Neg(x), [x])).toThrow('the loss must be one number, got shape [2]');
  });

  it('refuses a parameter that the loss does not depend on', () => {
    const graph = new Graph('test');
    const x = graph.input('x', 'float32', []);
    const other = graph.input('other', 'float32', []);
    expect(() => gradients(op.Neg(x), [other])).toThrow('does not depend on "other"');
  });

  it('names the operator that has no derivative', () => {
    const graph = new Graph('test');
    const x = graph.input('x', 'float32', [1, 1, 4, 4]);
    const loss = op.Reshape(op.MaxPool(x, [4, 4]), []);
    expect(() => gradients(loss, [x])).toThrow('MaxPool');
  });
});
