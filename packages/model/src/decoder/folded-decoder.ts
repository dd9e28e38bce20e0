// The decoder as it is scored: all positions of an image at once, channels first, with everything that does not depend
// on the image folded into the weights. The folding is itself nodes of the graph on constants, which the runtime
// evaluates once when it loads the model; so the file holds the parameters as they were trained.
//
// Features are kept as q with x = d ⊙ (q + c), d and c one number per channel. A block's global scale and offset then
// only change d and c (d ← ψd, c ← c + o/(ψd)), which go into the weights that read x; the permutation moves channels.
import { float32, type Graph, op, type Value } from '@cflow/onnx';
import { globalScaleFactor } from './coupling-block.js';
import type { ParameterLookup } from './decoder.js';
import { blockSizes, type DecoderShape } from './decoder-shape.js';
import { axisEncoding } from './positional-encoding.js';

/** Scale and offset of each channel that the stored features still lack: x = scale ⊙ (q + offset); both [C, 1]. */
interface Pending {
  scale: Value;
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
  const { active, passive } = blockSizes(shape);
  let q = op.Reshape(features, [batch, channels, area]);
  const ones = graph.constant(float32([channels, 1], new Float32Array(channels).fill(1)), 'ones');
  let pending: Pending = { scale: ones, offset: op.Mul(ones, graph.scalar(0)) };
  const tables = shape.conditionVector > 0 ? axisTables(graph, shape, height, width) : undefined;
  let logScales: Value | undefined;
  let constantTerm: Value | undefined;

  for (let block = 0; block < shape.couplingBlocks; block++) {
    graph.scope(`block${block}`, () => {
      const get: ParameterLookup = (name) => lookup(`module_list.${block}.${name}`);
      const [passiveHalf, activeHalf] = op.Split(q, [passive, active], 1) as [Value, Value];
      const [passivePending, activePending] = splitPending(pending, passive, active);
      const hidden = hiddenLayer(passiveHalf, passivePending, shape, get, tables);

      // a = W₂h + b₂ with the 0.1 inside; the shift is divided by the active channels' scale, as q is.
      const tenth = graph.scalar(0.1);
      const [scaleRows, shiftRows] = op.Split(op.Mul(get('subnet.2.weight'), tenth), [active, active], 0) as [
        Value,
        Value,
      ];
      const bias = op.Reshape(op.Mul(get('subnet.2.bias'), tenth), [2 * active, 1]);
      const [scaleBias, shiftBias] = op.Split(bias, [active, active], 0) as [Value, Value];
      const weight = op.Concat([scaleRows, op.Div(shiftRows, activePending.scale)], 0);
      const offsets = op.Concat([scaleBias, op.Div(shiftBias, activePending.scale)], 0);
      const a = op.Add(op.MatMul(weight, hidden), offsets);
      const [scales, shifts] = op.Split(a, [active, active], 1) as [Value, Value];

      const bounded = op.Tanh(scales);
      const factor = op.Exp(op.Mul(bounded, graph.scalar(shape.clampAlpha)));
      const moved = op.Add(op.Mul(op.Add(activeHalf, activePending.offset), factor), shifts);
      q = op.Concat([passiveHalf, moved], 1);
      logScales = logScales ? op.Add(logScales, bounded) : bounded;

      const psi = op.Reshape(globalScaleFactor(get('global_scale')), [channels, 1]);
      const blockTerm = op.ReduceSum(op.Log(psi), [0, 1]);
      constantTerm = constantTerm ? op.Add(constantTerm, blockTerm) : blockTerm;
      const scale = op.Mul(pending.scale, psi);
      // The active channels' offset was used up by this block.
      const kept = op.Concat([passivePending.offset, op.Mul(activePending.offset, graph.scalar(0))], 0);
      const offset = op.Add(kept, op.Div(op.Reshape(get('global_offset'), [channels, 1]), scale));
      pending = { scale, offset };

      // The likelihood does not see the order of the channels, so the last permutation drops out.
      if (block === shape.couplingBlocks - 1) return;
      if (shape.permuteSoft) {
        const rotation = op.Mul(get('w_perm'), op.Reshape(scale, [1, channels]));
        q = op.Add(op.MatMul(rotation, q), op.MatMul(rotation, offset));
        pending = { scale: ones, offset: op.Mul(ones, graph.scalar(0)) };
      } else {
        const index = get('w_perm_index');
        q = op.Gather(q, index, 1);
        pending = { scale: op.Gather(scale, index), offset: op.Gather(offset, index) };
      }
    });
  }

  const z = op.Add(op.Mul(q, pending.scale), op.Mul(pending.offset, pending.scale));
  const halfSquares = op.Mul(op.ReduceSum(op.Mul(z, z), [1], true), graph.scalar(0.5 / channels));
  const logDeterminant = op.Mul(
    op.ReduceSum(logScales as Value, [1], true),
    graph.scalar(shape.clampAlpha / channels),
  );
  const constants = op.Sub(
    op.Mul(constantTerm as Value, graph.scalar(1 / channels)),
    graph.scalar(0.5 * Math.log(2 * Math.PI)),
  );
  const perDimension = op.Add(op.Sub(logDeterminant, halfSquares), constants);
  return op.Reshape(perDimension, [batch, 1, height, width]);
}

/** The encodings of all columns and of all rows of a feature map: [P / 2, width] and [P / 2, height]. */
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
  const table = (length: number, name: string): Value => {
    const encoding = float32([length, conditionVector / 2], axisEncoding(conditionVector, length));
    return op.Transpose(graph.constant(encoding, name), [1, 0]);
  };
  return { columns: table(width, 'column_encoding'), rows: table(height, 'row_encoding') };
}

/** relu(W₀ · (x₁, c) + b₀) for all positions: the condition's product is a bias per position. */
function hiddenLayer(
  passiveHalf: Value,
  pending: Pending,
  shape: DecoderShape,
  get: ParameterLookup,
  tables: AxisTables | undefined,
): Value {
  const { passive, hidden } = blockSizes(shape);
  const half = shape.conditionVector / 2;
  const parts = shape.conditionVector > 0 ? [passive, half, half] : [passive];
  const [rawWeight, columnWeight, rowWeight] = op.Split(get('subnet.0.weight'), parts, 1) as Value[];
  const weight = op.Mul(rawWeight as Value, op.Reshape(pending.scale, [1, passive]));
  let bias = op.Add(op.Reshape(get('subnet.0.bias'), [hidden, 1]), op.MatMul(weight, pending.offset));
  if (tables) {
    // The encoding of a position is that of its column beside that of its row, so its product is the sum of two.
    const width = tables.columns.shape[1] as number;
    const height = tables.rows.shape[1] as number;
    const columns = op.Reshape(op.MatMul(columnWeight as Value, tables.columns), [hidden, 1, width]);
    const rows = op.Reshape(op.MatMul(rowWeight as Value, tables.rows), [hidden, height, 1]);
    bias = op.Add(op.Reshape(op.Add(rows, columns), [hidden, height * width]), bias);
  }
  return op.Relu(op.Add(op.MatMul(weight, passiveHalf), bias));
}

function splitPending({ scale, offset }: Pending, passive: number, active: number): [Pending, Pending] {
  const [passiveScale, activeScale] = op.Split(scale, [passive, active], 0) as [Value, Value];
  const [passiveOffset, activeOffset] = op.Split(offset, [passive, active], 0) as [Value, Value];
  return [
    { scale: passiveScale, offset: passiveOffset },
    { scale: activeScale, offset: activeOffset },
  ];
}
