// The decoder as it is scored: all positions of an image at once, with everything that does not depend on the image
// folded into the weights. The folding of weights is itself nodes of the graph on constants, which the runtime evaluates
// once when it loads the model; so the file holds the parameters as they were trained.
//
// Features are kept as q with x = d ⊙ (q + c), d and c one number per channel. A block's global scale and offset then
// only change d and c (d ← ψd, c ← c + o/(ψd)), which go into the weights that read x; the permutation moves channels.
//
// Where channels move they come first, [batch, C, positions]: to move one is then to copy a row. Where they are
// multiplied they come last, [batch, positions, C]: weights on the right of a product are packed once, when the model
// is loaded, weights on its left are walked through with strides in each run.
import { float32, type Graph, op, type Tensor, type Value } from '@cflow/onnx';
import {
  type ChannelAffine,
  followedBy,
  gathered,
  globalScaleFactors,
  identityAffine,
  joined,
  numbersOf,
  splitAt,
  timesOffset,
} from './channel-affine.js';
import { blockSizes, type DecoderShape } from './decoder-shape.js';
import { axisEncoding } from './positional-encoding.js';
import { isSilentSubnet } from './silent-subnet.js';

/** Channels of the features, [batch, channels, positions], and what they still lack. */
interface Channels {
  values: Value;
  lack: ChannelAffine;
}

/** Passive and active channels. */
type Halves = readonly [passive: Channels, active: Channels];

/** A decoder's tensors by reference name, and what to call them as constants of the graph. */
interface Parameters {
  tensors: ReadonlyMap<string, Tensor>;
  constantName: (name: string) => string;
}

/** One block's parameters: as constants of the graph, made where they are asked for, and as numbers. */
interface BlockParameters {
  tensor: (name: string) => Tensor | undefined;
  constant: (name: string) => Value;
  numbers: (name: string) => ArrayLike<number>;
}

/**
 * Log-likelihood per dimension of every position of a feature map.
 *
 * @param features [batch, C, height, width]
 * @param tensors parameters by reference name, float32 or float16 (computed in float32 either way); without those of
 * the first block's subnet where that is silent
 * @param constantName what a parameter is called in the graph. Default: the same
 * @returns [batch, 1, height, width]
 */
export function foldedDecoder(
  features: Value,
  shape: DecoderShape,
  tensors: ReadonlyMap<string, Tensor>,
  constantName: Parameters['constantName'] = (name) => name,
): Value {
  const { graph } = features;
  const [batch, channels, height, width] = features.shape as [string, number, number, number];
  const area = height * width;
  const { passive } = blockSizes(shape);
  const tables = shape.conditionVector > 0 ? axisTables(graph, shape, height, width) : undefined;
  let halves = split(op.Reshape(features, [batch, channels, area]), identityAffine(channels), shape);
  let logScale: Value | undefined;
  let constantTerm = -0.5 * Math.log(2 * Math.PI);

  for (let block = 0; block < shape.couplingBlocks; block++) {
    graph.scope(`block${block}`, () => {
      const parameters = blockParameters(graph, block, { tensors, constantName });
      let moved = halves[1];
      // A first block that only standardizes: what its subnet says is nothing, and costs nothing.
      if (!isSilentSubnet(parameters.tensor)) {
        const coupled = couple(halves, shape, parameters, tables);
        moved = coupled.moved;
        logScale = sum(logScale, op.ReduceSum(coupled.bounded, [2], true));
      }
      const psi = globalScaleFactors(parameters.numbers('global_scale'));
      for (const factor of psi) constantTerm += Math.log(factor) / channels;
      const lack = followedBy(joined(halves[0].lack, moved.lack), psi, parameters.numbers('global_offset'));
      const [first, second] = splitAt(lack, passive);
      halves = [
        { values: halves[0].values, lack: first },
        { values: moved.values, lack: second },
      ];
      // The likelihood does not see the order of the channels, so the last permutation drops out.
      if (block < shape.couplingBlocks - 1) halves = permuted(halves, shape, parameters);
    });
  }

  const halfSquares = op.Mul(sum(squares(halves[0]), squares(halves[1])), graph.scalar(0.5 / channels));
  const logDeterminant =
    logScale && op.Mul(op.Reshape(logScale, [batch, 1, area]), graph.scalar(shape.clampAlpha / channels));
  const density = logDeterminant ? op.Sub(logDeterminant, halfSquares) : op.Neg(halfSquares);
  const perDimension = op.Add(density, graph.scalar(constantTerm));
  return op.Reshape(perDimension, [batch, 1, height, width]);
}

function blockParameters(
  graph: Graph,
  block: number,
  { tensors, constantName }: Parameters,
): BlockParameters {
  const own = (name: string): string => `module_list.${block}.${name}`;
  const tensor = (name: string): Tensor | undefined => tensors.get(own(name));
  return {
    tensor,
    constant: (name) => graph.constant(tensor(name) as Tensor, constantName(own(name))),
    numbers: (name) => numbersOf(tensor(name) as Tensor),
  };
}

const sum = (left: Value | undefined, right: Value): Value => (left ? op.Add(left, right) : right);

/** One number per channel as a constant that spreads over positions: [channels, 1]. */
const column = (graph: Graph, numbers: Float64Array): Value => vector(graph, [numbers.length, 1], numbers);

const vector = (graph: Graph, dims: readonly number[], numbers: Float64Array): Value =>
  graph.constant(float32(dims, Float32Array.from(numbers)), 'folded');

/** Σ x² over the channels: [batch, 1, positions]. */
function squares({ values, lack }: Channels): Value {
  const { graph } = values;
  const x = op.Mul(op.Add(values, column(graph, lack.offset)), column(graph, lack.scale));
  return op.ReduceSum(op.Mul(x, x), [1], true);
}

function split(values: Value, lack: ChannelAffine, shape: DecoderShape): Halves {
  const { passive, active } = blockSizes(shape);
  const [first, second] = op.Split(values, [passive, active], 1) as [Value, Value];
  const [firstLack, secondLack] = splitAt(lack, passive);
  return [
    { values: first, lack: firstLack },
    { values: second, lack: secondLack },
  ];
}

/** The passive channels steer the active ones: these as they come out, and tanh of their log scales. */
function couple(
  [passiveHalf, activeHalf]: Halves,
  shape: DecoderShape,
  parameters: BlockParameters,
  tables: AxisTables | undefined,
): { moved: Channels; bounded: Value } {
  const { graph } = activeHalf.values;
  const { active } = blockSizes(shape);
  const { scale, offset } = activeHalf.lack;
  const hidden = hiddenLayer(passiveHalf, shape, parameters, tables);
  // a = W₂h + b₂ with the 0.1 inside; the shift is divided by the active channels' scale, as q is.
  const factors = Float64Array.from({ length: 2 * active }, (_, i) =>
    i < active ? 0.1 : 0.1 / scale[i - active]!,
  );
  const weights = op.Mul(single(parameters.constant('subnet.2.weight')), column(graph, factors));
  const [scaleWeight, shiftWeight] = op.Split(weights, [active, active], 0) as [Value, Value];
  const biases = Float64Array.from(
    parameters.numbers('subnet.2.bias'),
    (value, i) => Number(value) * factors[i]!,
  );
  const [batch, , area] = activeHalf.values.shape as [string, number, number];
  const times = (weight: Value, bias?: Value): Value =>
    op.Reshape(op.Gemm(hidden, weight, bias, { transB: true }), [batch, area, active]);
  const bounded = op.Tanh(times(scaleWeight, vector(graph, [active], biases.slice(0, active))));
  const factor = swapLast(op.Exp(op.Mul(bounded, graph.scalar(shape.clampAlpha))));
  const shift = swapLast(times(shiftWeight));
  const values = op.Add(op.Mul(op.Add(activeHalf.values, column(graph, offset)), factor), shift);
  // The offset that was there is used up; the shift's own, the same at all positions, need not be added here.
  return { moved: { values, lack: { scale, offset: biases.slice(active) } }, bounded };
}

const single = (value: Value): Value => (value.type === 'float16' ? op.Cast(value, 'float32') : value);

function permuted(
  [first, second]: Halves,
  shape: DecoderShape,
  { constant, numbers }: BlockParameters,
): Halves {
  const { graph } = first.values;
  const { passive, active } = blockSizes(shape);
  const values = op.Concat([first.values, second.values], 1);
  const lack = joined(first.lack, second.lack);
  if (shape.permuteSoft) {
    const channels = passive + active;
    const rotation = op.Mul(single(constant('w_perm')), vector(graph, [1, channels], lack.scale));
    const offset = column(graph, timesOffset(numbers('w_perm'), channels, lack));
    return split(op.Add(op.MatMul(rotation, values), offset), identityAffine(channels), shape);
  }
  const [firstLack, secondLack] = splitAt(gathered(lack, numbers('w_perm_index')), passive);
  const [firstIndex, secondIndex] = op.Split(constant('w_perm_index'), [passive, active], 0) as [
    Value,
    Value,
  ];
  return [
    { values: op.Gather(values, firstIndex, 1), lack: firstLack },
    { values: op.Gather(values, secondIndex, 1), lack: secondLack },
  ];
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
  const columns = table(width, 'column_encoding');
  return { columns, rows: height === width ? columns : table(height, 'row_encoding') };
}

/** relu(W₀ · (x₁, c) + b₀), [batch · positions, hidden]: the condition's product is a bias per position. */
function hiddenLayer(
  { values, lack }: Channels,
  shape: DecoderShape,
  { constant, numbers }: BlockParameters,
  tables: AxisTables | undefined,
): Value {
  const { passive, hidden } = blockSizes(shape);
  const [batch] = values.shape as [string];
  const { graph } = values;
  const fibers = graph.freshDim();
  const half = shape.conditionVector / 2;
  const parts = shape.conditionVector > 0 ? [passive, half, half] : [passive];
  const weights = op.Split(single(constant('subnet.0.weight')), parts, 1);
  const [rawWeight, columnWeight, rowWeight] = weights as [Value, Value, Value];
  const weight = op.Mul(rawWeight, vector(graph, [1, passive], lack.scale));
  const fromOffset = timesOffset(numbers('subnet.0.weight'), passive + shape.conditionVector, lack);
  const ownBias = numbers('subnet.0.bias');
  const bias = vector(
    graph,
    [hidden],
    fromOffset.map((value, i) => value + ownBias[i]!),
  );
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
