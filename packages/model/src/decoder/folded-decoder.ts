// The decoder as it is scored: all positions of an image at once, with everything that does not depend on the image
// folded into the weights. The folding is itself nodes of the graph on constants, which the runtime evaluates once when
// it loads the model; so the file holds the parameters as they were trained.
//
// Features are kept as q with x = d ⊙ (q + c), d and c one number per channel. A block's global scale and offset then
// only change d and c (d ← ψd, c ← c + o/(ψd)), which go into the weights that read x; the permutation moves channels.
//
// Where channels move they come first, [batch, C, positions]: to move one is then to copy a row. Where they are
// multiplied they come last, [batch, positions, C]: weights on the right of a product are packed once, when the model
// is loaded, weights on its left are walked through with strides in each run.
import { float32, type Graph, op, type Value } from '@cflow/onnx';
import { globalScaleFactor } from './coupling-block.js';
import type { ParameterLookup } from './decoder.js';
import { blockSizes, type DecoderShape } from './decoder-shape.js';
import { axisEncoding } from './positional-encoding.js';

/** Channels of the features, and what they still lack: x = scale ⊙ (values + offset). */
interface Channels {
  /** [batch, channels, positions] */
  values: Value;
  /** [channels, 1] */
  scale: Value;
  /** [channels, 1] */
  offset: Value;
}

/**
 * Log-likelihood per dimension of every position of a feature map.
 *
 * @param features [batch, C, height, width]
 * @param lookup parameters by reference name, constants of the graph
 * @returns [batch, 1, height, width]
 */
export function foldedDecoder(features: Value, shape: DecoderShape, lookup: ParameterLookup): Value {
  const { graph } = features;
  const [batch, channels, height, width] = features.shape as [string, number, number, number];
  const area = height * width;
  const tables = shape.conditionVector > 0 ? axisTables(graph, shape, height, width) : undefined;
  let halves = split(untouched(op.Reshape(features, [batch, channels, area])), shape);
  let logScale: Value | undefined;
  let constantTerm: Value | undefined;

  for (let block = 0; block < shape.couplingBlocks; block++) {
    graph.scope(`block${block}`, () => {
      const get: ParameterLookup = (name) => lookup(`module_list.${block}.${name}`);
      const { moved, bounded } = couple(halves, shape, get, tables);
      logScale = sum(logScale, op.ReduceSum(bounded, [2], true));
      const psi = op.Reshape(globalScaleFactor(get('global_scale')), [channels, 1]);
      constantTerm = sum(constantTerm, op.ReduceSum(op.Log(psi), [0, 1]));
      const globalOffset = op.Reshape(get('global_offset'), [channels, 1]);
      halves = affine([halves[0], moved], psi, globalOffset, shape);
      // The likelihood does not see the order of the channels, so the last permutation drops out.
      if (block < shape.couplingBlocks - 1) halves = permuted(halves, shape, get);
    });
  }

  const halfSquares = op.Mul(sum(squares(halves[0]), squares(halves[1])), graph.scalar(0.5 / channels));
  const logDeterminant = op.Mul(
    op.Reshape(logScale as Value, [batch, 1, area]),
    graph.scalar(shape.clampAlpha / channels),
  );
  const constants = op.Sub(
    op.Mul(constantTerm as Value, graph.scalar(1 / channels)),
    graph.scalar(0.5 * Math.log(2 * Math.PI)),
  );
  const perDimension = op.Add(op.Sub(logDeterminant, halfSquares), constants);
  return op.Reshape(perDimension, [batch, 1, height, width]);
}

/** Passive and active channels. */
type Halves = readonly [passive: Channels, active: Channels];

const sum = (left: Value | undefined, right: Value): Value => (left ? op.Add(left, right) : right);

/** Σ x² over the channels: [batch, 1, positions]. */
function squares({ values, scale, offset }: Channels): Value {
  const x = op.Add(op.Mul(values, scale), op.Mul(offset, scale));
  return op.ReduceSum(op.Mul(x, x), [1], true);
}

/** Features that lack nothing. */
function untouched(values: Value): Channels {
  const channels = values.shape[1] as number;
  const column = (value: number, name: string): Value =>
    values.graph.constant(float32([channels, 1], new Float32Array(channels).fill(value)), name);
  return { values, scale: column(1, 'ones'), offset: column(0, 'zeros') };
}

function split({ values, scale, offset }: Channels, shape: DecoderShape): Halves {
  const { passive, active } = blockSizes(shape);
  const cut = (x: Value, axis: number) => op.Split(x, [passive, active], axis) as [Value, Value];
  const [[values1, values2], [scale1, scale2], [offset1, offset2]] = [
    cut(values, 1),
    cut(scale, 0),
    cut(offset, 0),
  ];
  return [
    { values: values1, scale: scale1, offset: offset1 },
    { values: values2, scale: scale2, offset: offset2 },
  ];
}

/** The passive channels steer the active ones: these as they come out, and tanh of their log scales. */
function couple(
  [passiveHalf, activeHalf]: Halves,
  shape: DecoderShape,
  get: ParameterLookup,
  tables: AxisTables | undefined,
): { moved: Channels; bounded: Value } {
  const { graph } = passiveHalf.values;
  const { active } = blockSizes(shape);
  const hidden = hiddenLayer(passiveHalf, shape, get, tables);
  // a = W₂h + b₂ with the 0.1 inside; the shift is divided by the active channels' scale, as q is.
  const tenth = graph.scalar(0.1);
  const halvesOf = (name: string): [Value, Value] =>
    op.Split(op.Mul(get(name), tenth), [active, active], 0) as [Value, Value];
  const [scaleWeight, shiftWeight] = halvesOf('subnet.2.weight');
  const [scaleBias, shiftBias] = halvesOf('subnet.2.bias');
  const [batch, , area] = activeHalf.values.shape as [string, number, number];
  const times = (weight: Value, bias?: Value): Value =>
    op.Reshape(op.Gemm(hidden, weight, bias, { transB: true }), [batch, area, active]);
  const bounded = op.Tanh(times(scaleWeight, scaleBias));
  const factor = swapLast(op.Exp(op.Mul(bounded, graph.scalar(shape.clampAlpha))));
  const shift = swapLast(times(op.Div(shiftWeight, activeHalf.scale)));
  const values = op.Add(op.Mul(op.Add(activeHalf.values, activeHalf.offset), factor), shift);
  // The offset that was there is used up; the shift's own, the same at all positions, need not be added here.
  const offset = op.Div(op.Reshape(shiftBias, [active, 1]), activeHalf.scale);
  return { moved: { values, scale: activeHalf.scale, offset }, bounded };
}

/** ψ ⊙ x + o: v = ψd ⊙ (q + c + o/(ψd)). */
function affine(halves: Halves, psi: Value, globalOffset: Value, shape: DecoderShape): Halves {
  const { passive, active } = blockSizes(shape);
  const factors = op.Split(psi, [passive, active], 0);
  const offsets = op.Split(globalOffset, [passive, active], 0);
  const [first, second] = halves.map((half, index) => {
    const scale = op.Mul(half.scale, factors[index] as Value);
    return {
      values: half.values,
      scale,
      offset: op.Add(half.offset, op.Div(offsets[index] as Value, scale)),
    };
  });
  return [first as Channels, second as Channels];
}

function permuted(halves: Halves, shape: DecoderShape, get: ParameterLookup): Halves {
  const { passive, active } = blockSizes(shape);
  const join = (part: 'values' | 'scale' | 'offset', axis: number): Value =>
    op.Concat(
      halves.map((half) => half[part]),
      axis,
    );
  const [values, scale, offset] = [join('values', 1), join('scale', 0), join('offset', 0)];
  if (shape.permuteSoft) {
    const rotation = op.Mul(get('w_perm'), op.Reshape(scale, [1, passive + active]));
    const rotated = op.Add(op.MatMul(rotation, values), op.MatMul(rotation, offset));
    return split(untouched(rotated), shape);
  }
  const [first, second] = op.Split(get('w_perm_index'), [passive, active], 0).map((index) => ({
    values: op.Gather(values, index, 1),
    scale: op.Gather(scale, index),
    offset: op.Gather(offset, index),
  }));
  return [first as Channels, second as Channels];
}

/** [batch, positions, channels] to [batch, channels, positions], and back. */
const swapLast = (x: Value): Value => op.Transpose(x, [0, 2, 1]);

/** The encodings of all columns and of all rows of a feature map: [width, P / 2] and [height, P / 2]. */
interface AxisTables {
  columns: Value;
  rows: Value;
}

function axisTables(
  graph: Graph,
  { conditionVector }: DecoderShape,
  height: number,
  width: number,
): AxisTables {
  const table = (length: number, name: string): Value =>
    graph.constant(float32([length, conditionVector / 2], axisEncoding(conditionVector, length)), name);
  return { columns: table(width, 'column_encoding'), rows: table(height, 'row_encoding') };
}

/** relu(W₀ · (x₁, c) + b₀), [batch · positions, hidden]: the condition's product is a bias per position. */
function hiddenLayer(
  { values, scale, offset }: Channels,
  shape: DecoderShape,
  get: ParameterLookup,
  tables: AxisTables | undefined,
): Value {
  const { passive, hidden } = blockSizes(shape);
  const [batch] = values.shape as [string];
  const fibers = values.graph.freshDim();
  const half = shape.conditionVector / 2;
  const parts = shape.conditionVector > 0 ? [passive, half, half] : [passive];
  const weights = op.Split(get('subnet.0.weight'), parts, 1);
  const [rawWeight, columnWeight, rowWeight] = weights as [Value, Value, Value];
  const weight = op.Mul(rawWeight, op.Reshape(scale, [1, passive]));
  const bias = op.Add(get('subnet.0.bias'), op.Reshape(op.MatMul(weight, offset), [hidden]));
  const x = op.Reshape(swapLast(values), [fibers, passive]);
  if (!tables) return op.Relu(op.Gemm(x, weight, bias, { transB: true }));
  // The encoding of a position is that of its column beside that of its row, so its product is the sum of two.
  const width = tables.columns.shape[0] as number;
  const height = tables.rows.shape[0] as number;
  const columns = op.Gemm(tables.columns, columnWeight, bias, { transB: true });
  const rows = op.Reshape(op.Gemm(tables.rows, rowWeight, undefined, { transB: true }), [height, 1, hidden]);
  const product = op.Reshape(op.Gemm(x, weight, undefined, { transB: true }), [batch, height, width, hidden]);
  return op.Reshape(op.Relu(op.Add(product, op.Add(rows, columns))), [fibers, hidden]);
}
