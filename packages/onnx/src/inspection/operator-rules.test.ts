import { describe, expect, it } from 'vitest';
import type { DataType, Tensor, TensorData } from '../tensor.js';
import { elementCount, float32, int64 } from '../tensor.js';
import { type PlainAttributes, plainModel, plainNode } from '../testing/plain-model.js';
import { runModel } from '../testing/run-model.js';
import { typeName } from './element-types.js';
import { inspectGraph } from './inspect-graph.js';
import { OPERATOR_RULES } from './operators/index.js';

type Input = readonly number[] | Tensor | undefined;
interface Case {
  /** Sizes of what is fed, or a constant. */
  inputs: Input[];
  attributes?: PlainAttributes;
  outputs?: number;
  opset?: number;
  type?: DataType;
}

const X = [2, 6, 9, 8];
const one = (...inputs: Input[]): Case => ({ inputs });
const w = (...dims: number[]): Tensor => float32(dims, new Float32Array(elementCount(dims)));
const i64 = (...values: number[]): Tensor => int64([values.length], values);
const scalar = (value: number): Tensor => int64([], [value]);
const f32 = (...values: number[]): Tensor => float32([values.length], values);
const bool = (...dims: number[]): Tensor => ({
  type: 'bool',
  dims,
  data: new Uint8Array(elementCount(dims)).fill(1),
});
const of = (attributes: PlainAttributes, ...inputs: Input[]): Case => ({ attributes, inputs });
const since = (opset: number, found: Case): Case => ({ ...found, opset });

const CASES: Record<string, Case[]> = {
  ...Object.fromEntries(
    (
      'Abs Ceil Celu Clip Cos Elu Erf Exp Floor HardSigmoid HardSwish Identity LeakyRelu Log Mish Neg Reciprocal Relu ' +
      'Round Selu Sigmoid Sign Sin Softmax LogSoftmax Softplus Softsign Sqrt Tanh ThresholdedRelu IsInf IsNaN ' +
      'LpNormalization MeanVarianceNormalization GlobalAveragePool GlobalMaxPool'
    )
      .split(' ')
      .map((name) => [name, [one(X)]]),
  ),
  Gelu: [since(20, one(X))],
  Swish: [since(24, one(X))],
  Not: [{ inputs: [bool(3, 2)] }],
  Dropout: [one(X), { ...one(X), outputs: 2 }],
  ...Object.fromEntries(
    ['Add', 'Sub', 'Mul', 'Div', 'Pow', 'PRelu'].map((name) => [name, [one(X, [8]), one(X, [6, 1, 1])]]),
  ),
  ...Object.fromEntries(
    ['Max', 'Min', 'Mean', 'Sum'].map((name) => [name, [one(X), one(X, [1, 1, 8], [6, 1, 1])]]),
  ),
  ...Object.fromEntries(
    ['Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual'].map((name) => [name, [one(X, [9, 1])]]),
  ),
  ...Object.fromEntries(['And', 'Or', 'Xor'].map((name) => [name, [one(bool(3, 1), bool(4))]])),
  Mod: [of({ fmod: 1 }, X, [8])],
  Where: [one(bool(9, 1), X, [1])],
  Cast: [of({ to: 7 }, X), of({ to: 10 }, X)],
  CastLike: [one(X, i64(1))],
  Conv: [
    one(X, w(4, 6, 3, 3)),
    of({ group: 3, pads: [1, 2, 0, 1], strides: [2, 1], dilations: [1, 2] }, X, w(6, 2, 3, 3)),
    of({ auto_pad: 'SAME_UPPER', strides: [2, 3] }, X, w(4, 6, 3, 2)),
    of({ auto_pad: 'SAME_LOWER', strides: [3, 2] }, X, w(4, 6, 2, 2), w(4)),
    of({ auto_pad: 'VALID', strides: [2, 2] }, X, w(4, 6, 3, 2)),
    one([1, 3, 20], w(5, 3, 4)),
  ],
  ConvTranspose: [
    one(X, w(6, 4, 3, 3)),
    of({ strides: [2, 3], pads: [1, 0, 1, 2], output_padding: [1, 0], dilations: [2, 1] }, X, w(6, 4, 3, 3)),
    of({ group: 2, strides: [2, 2] }, X, w(6, 4, 2, 2)),
  ],
  MaxPool: [
    of({ kernel_shape: [3, 2] }, X),
    { ...of({ kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }, X), outputs: 2 },
    of({ kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 }, X),
    of({ kernel_shape: [2, 2], strides: [3, 3], pads: [1, 1, 1, 1], ceil_mode: 1 }, X),
    of({ kernel_shape: [2, 2], strides: [2, 2], auto_pad: 'SAME_UPPER' }, X),
    of({ kernel_shape: [3, 3], dilations: [2, 2], strides: [2, 1] }, X),
  ],
  AveragePool: [
    of({ kernel_shape: [2, 2], strides: [2, 2] }, X),
    of({ kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], ceil_mode: 1, count_include_pad: 1 }, X),
  ],
  LpPool: [of({ kernel_shape: [2, 3], strides: [2, 2] }, X)],
  MatMul: [
    one([2, 3, 4, 5], [5, 6]),
    one([5], [3, 5, 6]),
    one([4, 5], [5]),
    one([5], [5]),
    one([3, 1, 4, 5], [2, 5, 6]),
  ],
  Gemm: [one([4, 5], [5, 6]), of({ transA: 1, transB: 1 }, [5, 4], [6, 5], [6])],
  Einsum: [
    of({ equation: 'bhqc,bhkc->bhqk' }, [2, 3, 4, 5], [2, 3, 6, 5]),
    of({ equation: 'bhqc,hkc->bhqk' }, [2, 3, 4, 5], [3, 6, 5]),
    of({ equation: 'abc->ca' }, [2, 3, 4]),
  ],
  Attention: [
    since(23, one([2, 3, 5, 8], [2, 3, 7, 8], [2, 3, 7, 4])),
    since(23, of({ q_num_heads: 4, kv_num_heads: 2 }, [2, 5, 32], [2, 7, 16], [2, 7, 8])),
  ],
  RotaryEmbedding: [since(23, one([2, 3, 5, 8], w(2, 5, 4), w(2, 5, 4)))],
  BatchNormalization: [one(X, w(6), w(6), w(6), w(6))],
  InstanceNormalization: [one(X, w(6), w(6))],
  GroupNormalization: [since(21, of({ num_groups: 3 }, X, w(6), w(6)))],
  LayerNormalization: [one(X, w(8)), { ...of({ axis: 2 }, X, w(9, 8), w(9, 8)), outputs: 3 }],
  RMSNormalization: [since(23, one(X, w(8)))],
  LRN: [of({ size: 3 }, X)],
  ...Object.fromEntries(
    'ReduceMax ReduceMin ReduceProd ReduceMean ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceSumSquare ReduceSum'
      .split(' ')
      .map((name) => [
        name,
        [
          one(X),
          one(X, i64(1, -1)),
          of({ keepdims: 0 }, X, i64(2)),
          of({ noop_with_empty_axes: 1 }, X),
          ...(name === 'ReduceSum' ? [] : [since(13, of({ axes: [2, 3], keepdims: 0 }, X))]),
        ],
      ]),
  ),
  ArgMax: [of({ axis: -1 }, X), of({ axis: 1, keepdims: 0 }, X)],
  ArgMin: [of({ axis: 1 }, X)],
  Reshape: [one(X, i64(0, -1)), one(X, i64(2, 3, 0, 16)), of({ allowzero: 1 }, [0, 4], i64(2, 0))],
  Transpose: [one(X), of({ perm: [1, 3, 0, 2] }, X)],
  Concat: [of({ axis: 1 }, X, [2, 1, 9, 8], [2, 2, 9, 8])],
  Split: [
    { ...of({ axis: 1 }, X, i64(1, 2, 3)), outputs: 3 },
    { ...of({ axis: 1, num_outputs: 3 }, X), outputs: 3 },
    since(11, { ...of({ axis: 1, split: [2, 4] }, X), outputs: 2 }),
  ],
  Flatten: [one(X), of({ axis: -1 }, X), of({ axis: 0 }, X), of({ axis: 4 }, X)],
  Squeeze: [one([1, 2, 1]), one([1, 2, 1], i64(-1)), since(11, of({ axes: [0] }, [1, 2, 1]))],
  Unsqueeze: [one(X, i64(0, -1)), since(11, of({ axes: [1, 4] }, X))],
  DepthToSpace: [of({ blocksize: 2 }, [1, 8, 3, 5])],
  SpaceToDepth: [of({ blocksize: 2 }, [1, 3, 4, 6])],
  Slice: [
    one(X, i64(1, -3), i64(5, 2 ** 40), i64(1, 3)),
    one(X, i64(-1, 7), i64(-100, 0), i64(2, 3), i64(-2, -3)),
    one(X, i64(0), i64(-1)),
    one(X, i64(100), i64(200), i64(2)),
  ],
  Gather: [of({ axis: 1 }, X, int64([2, 2], [0, 1, 2, 3])), of({ axis: -1 }, X, scalar(-1))],
  GatherElements: [of({ axis: 1 }, [3, 4], int64([2, 5], new Array(10).fill(0)))],
  GatherND: [
    one([2, 3, 4], int64([5, 2], new Array(10).fill(0))),
    of({ batch_dims: 1 }, [2, 3, 4], int64([2, 1], [0, 1])),
  ],
  ScatterElements: [one([3, 4], int64([1, 2], [0, 1]), w(1, 2))],
  ScatterND: [one([3, 4], int64([2, 1], [0, 1]), w(2, 4))],
  Constant: [
    of({ value: w(2, 3) }),
    of({ value_int: 3 }),
    of({ value_ints: [1, 2] }),
    of({ value_float: { f: 0.5 } }),
    of({ value_floats: { floats: [1, 2, 3] } }),
  ],
  ConstantOfShape: [one(i64(2, 0, 3)), of({ value: i64(7) }, i64(5))],
  Expand: [one([3, 1], i64(2, 1, 4)), one([3, 1], i64(1))],
  Tile: [one([2, 3], i64(2, 4))],
  Range: [
    one(scalar(0), scalar(10), scalar(3)),
    one(scalar(5), scalar(-4), scalar(-2)),
    one(scalar(3), scalar(1), scalar(1)),
  ],
  Pad: [
    one(X, i64(0, 1, 2, 3, 0, 1, 1, -2)),
    of({ mode: 'reflect' }, X, i64(1, 2, 1, 2), undefined, i64(2, 3)),
  ],
  Resize: [
    one(X, undefined, f32(1, 1, 2, 1.7)),
    one(X, undefined, undefined, i64(2, 6, 5, 20)),
    of({ axes: [2, 3], mode: 'linear' }, X, undefined, undefined, i64(4, 4)),
    of({ mode: 'linear', antialias: 1 }, X, undefined, f32(1, 1, 0.3, 0.3)),
    since(11, of({ mode: 'linear' }, X, f32(), f32(1, 1, 0.5, 2))),
  ],
  Shape: [one(X), of({ start: 1, end: -1 }, X), of({ start: 9 }, X)],
  Size: [one(X)],
};

/** Both ways of telling what a node gives: by the rule, and by running it. */
async function bothWays(operator: string, { inputs, attributes, outputs = 1, opset = 18 }: Case) {
  const names = inputs.map((input, index) => (input ? `i${index}` : ''));
  const constants: Record<string, Tensor> = {};
  const fed: Record<string, readonly number[]> = {};
  inputs.forEach((input, index) => {
    if (!input) return;
    if ('data' in input) constants[`i${index}`] = input;
    else fed[`i${index}`] = input;
  });
  const given = Array.from({ length: outputs }, (_, index) => `o${index}`);
  const bytes = plainModel({
    nodes: [plainNode(operator, names, given, attributes)],
    opset,
    constants,
    inputs: Object.fromEntries(Object.entries(fed).map(([name, dims]) => [name, ['float32', dims]])),
    graph: { output: given.map((name) => ({ name })) },
  });
  const feeds = Object.entries(fed).map(
    ([name, dims]) => [name, { type: 'float32' as const, dims }] as const,
  );
  const facts = inspectGraph(bytes, { inputs: new Map(feeds), batches: [1] });
  const found = await runModel(
    bytes,
    Object.fromEntries(
      feeds.map(([name, { dims }]) => [name, float32(dims, new Float32Array(elementCount(dims)).fill(0.5))]),
    ),
  );
  return given.map((name) => {
    const rule = facts.outputs.get(name);
    const run = found[name] as Tensor;
    return {
      rule: `${typeName(rule?.type ?? 0)} [${rule?.dims}]`,
      run: `${run.type} [${run.dims}]`,
      values: rule?.values,
      data: Array.from(run.data as Exclude<TensorData, BigInt64Array>, Number),
    };
  });
}

describe('the rule of an operator', () => {
  it.each(Object.keys(CASES))(
    '%s gives the type, shape and numbers that the runtime gives',
    async (operator) => {
      for (const found of CASES[operator] as Case[]) {
        for (const { rule, run, values, data } of await bothWays(operator, found)) {
          expect(rule, JSON.stringify([Object.keys(found.attributes ?? {}), found.opset])).toBe(run);
          if (values) expect(values).toEqual(data);
        }
      }
    },
  );

  it('is tested for every operator that is accepted', () => {
    expect([...OPERATOR_RULES.keys()].filter((name) => !CASES[name])).toEqual([]);
  });

  it('reckons with sizes as the runtime does', async () => {
    const pairs = [
      [7, 2],
      [-7, 2],
      [7, -2],
      [-7, -2],
      [2 ** 40 + 1, 3],
      [-6, 3],
    ];
    const [a, b] = [
      i64(...pairs.map(([left]) => left as number)),
      i64(...pairs.map(([, right]) => right as number)),
    ];
    for (const operator of [
      'Add',
      'Sub',
      'Mul',
      'Div',
      'Mod',
      'Max',
      'Min',
      'Equal',
      'Greater',
      'Less',
      'LessOrEqual',
      'GreaterOrEqual',
    ]) {
      const [found] = await bothWays(operator, one(a, b));
      expect(found?.values, operator).toEqual(found?.data);
    }
    for (const operator of ['Neg', 'Abs', 'Sign']) {
      const [found] = await bothWays(operator, one(a));
      expect(found?.values, operator).toEqual(found?.data);
    }
    const [found] = await bothWays('Div', one(f32(7, -1, 1), f32(3, 10, 3)));
    expect(found?.values).toEqual(found?.data);
    const table = int64([3, 2], [1, 2, 3, 4, 5, 6]);
    for (const [operator, found] of [
      ['Transpose', one(table)],
      ['Slice', one(table, i64(-1), i64(-9), i64(0), i64(-1))],
      ['Slice', one(table, i64(1, 0), i64(3, 1))],
    ] as const) {
      const [moved] = await bothWays(operator, found);
      expect(moved?.values, operator).toEqual(moved?.data);
    }
    const [halves] = await bothWays('Cast', of({ to: 7 }, f32(2.7, -2.7, 0)));
    expect(halves?.values).toEqual(halves?.data);
    for (const operator of ['ReduceProd', 'ReduceSum', 'ReduceMax', 'ReduceMin']) {
      const [whole] = await bothWays(operator, of({ keepdims: 0 }, i64(3, 4, 5)));
      expect(whole?.values, operator).toEqual(whole?.data);
    }
  });

  it('knows no number that its type does not hold exactly', async () => {
    const far = 2 ** 52;
    for (const [operator, ...inputs] of [
      ['Mul', i64(far), i64(4)],
      ['Add', i64(2 ** 53 - 1), i64(2 ** 53 - 1)],
      ['Div', i64(1), i64(0)],
    ] as const) {
      const bytes = plainModel({
        nodes: [plainNode(operator, ['a', 'b'], ['y'])],
        constants: { a: inputs[0], b: inputs[1] },
        graph: { output: [{ name: 'y' }] },
      });
      const facts = inspectGraph(bytes, { inputs: new Map(), batches: [1] });
      expect(facts.outputs.get('y')?.values, operator).toBeUndefined();
    }
  });
});
