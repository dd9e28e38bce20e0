import { type Graph, op, type Value } from '@cflow/onnx';
import {
  type Condition,
  type CouplingBlockParameters,
  couplingBlock,
  type Permutation,
  type StandardizingParameters,
  standardize,
} from './coupling-block.js';
import { blockSizes, type DecoderShape, permutationShapes } from './decoder-shape.js';

/** Looks up a value by a parameter's reference name, e.g. `module_list.0.subnet.0.weight`. */
export type ParameterLookup = (name: string) => Value;

/**
 * The suffixes under which the two parts of W₀, `subnet.0.weight`, are looked up: columns of the passive channels,
 * and columns of the condition.
 */
export const FEATURE_WEIGHT = 'subnet.0.weight.feature';
export const CONDITION_WEIGHT = 'subnet.0.weight.condition';

/** Whether a parameter belongs to the subnet of the first block, which is 0 where that block only standardizes. */
export function isOfFirstSubnet(name: string): boolean {
  return /(?:^|\.)module_list\.0\.subnet\./.test(name);
}

/**
 * A decoder's parameters as the coupling blocks want them.
 *
 * @param standardizing whether the first block's subnet is 0, and is not looked up
 */
export function blockParameters(
  shape: DecoderShape,
  lookup: ParameterLookup,
  permutations: readonly Permutation[],
  { standardizing = false }: { standardizing?: boolean } = {},
): (CouplingBlockParameters | StandardizingParameters)[] {
  return permutations.map((permutation, block) => {
    const get = (name: string): Value => lookup(`module_list.${block}.${name}`);
    const own = { globalScale: get('global_scale'), globalOffset: get('global_offset'), permutation };
    if (standardizing && block === 0) return own;
    return {
      ...own,
      featureWeight: get(FEATURE_WEIGHT),
      conditionWeight: shape.conditionVector > 0 ? get(CONDITION_WEIGHT) : undefined,
      hiddenBias: get('subnet.0.bias'),
      outputWeight: get('subnet.2.weight'),
      outputBias: get('subnet.2.bias'),
    };
  });
}

/**
 * Parameters by the names that `blockParameters` looks up, from those by reference names: W₀ is cut in two, so that
 * no product is spent on the gradient of the condition, which nobody needs.
 */
export function splitParameters(
  shape: DecoderShape,
  parameters: ReadonlyMap<string, Value>,
): Map<string, Value> {
  const { passive } = blockSizes(shape);
  const result = new Map<string, Value>();
  for (const [name, value] of parameters) {
    if (!name.endsWith('subnet.0.weight')) result.set(name, value);
    else if (shape.conditionVector === 0) result.set(`${name}.feature`, value);
    else {
      const [feature, condition] = op.Split(value, [passive, shape.conditionVector], 1) as [Value, Value];
      result.set(`${name}.feature`, feature).set(`${name}.condition`, condition);
    }
  }
  return result;
}

/** The opposite of `splitParameters`. */
export function joinParameters(parameters: ReadonlyMap<string, Value>): Map<string, Value> {
  const result = new Map<string, Value>();
  for (const [name, value] of parameters) {
    if (name.endsWith('.condition')) continue;
    if (!name.endsWith('.feature')) {
      result.set(name, value);
      continue;
    }
    const whole = name.slice(0, -'.feature'.length);
    const condition = parameters.get(`${whole}.condition`);
    result.set(whole, condition ? op.Concat([value, condition], 1) : value);
  }
  return result;
}

/** The permutation of each block; a hard one needs its inverse for the backward pass. */
export function decoderPermutations(shape: DecoderShape, lookup: ParameterLookup): Permutation[] {
  return permutationShapes(shape).map(([name]) =>
    shape.permuteSoft ? { matrix: lookup(name) } : hardPermutation(lookup(name)),
  );
}

/** The inverse of an index, made in the graph so that only the index need be stored. */
function hardPermutation(index: Value): Permutation {
  const [count] = index.shape as [number];
  const { graph } = index;
  // int32, which GPUs scatter: WebGPU knows no int64, and one such node would move to the CPU.
  const positions = graph.constant(
    { type: 'int32', dims: [count], data: Int32Array.from({ length: count }, (_, i) => i) },
    'positions',
  );
  // inverse[index[i]] = i
  const node = graph.emit(
    'ScatterElements',
    [positions, index, positions],
    [{ type: 'int32', shape: [count] }],
  );
  return { index, inverse: node.outputs[0] as Value };
}

/**
 * Coupling blocks in sequence, each with the same condition.
 *
 * @param x features, one fiber per column, [C, N]
 * @param condition of each fiber, or of a grid of them, or undefined
 * @returns z [C, N] and the log-determinant, [N]
 */
export function decoder(
  graph: Graph,
  x: Value,
  condition: Condition | undefined,
  parameters: readonly (CouplingBlockParameters | StandardizingParameters)[],
  clampAlpha: number,
): { z: Value; logDeterminant: Value } {
  let z = x;
  let logDeterminant: Value | undefined;
  parameters.forEach((block, index) => {
    const result = graph.scope(`block${index}`, () =>
      'featureWeight' in block ? couplingBlock(z, condition, block, clampAlpha) : standardize(z, block),
    );
    z = result.z;
    logDeterminant = logDeterminant ? op.Add(logDeterminant, result.logDeterminant) : result.logDeterminant;
  });
  return { z, logDeterminant: logDeterminant as Value };
}

/**
 * Log-likelihood per dimension of fibers under a standard normal base (natural log):
 * (-½C·ln 2π - ½Σz² + log|det|) / C, shape [N]. z is [C, N].
 */
export function logLikelihood(z: Value, logDeterminant: Value): Value {
  const { graph } = z;
  const channels = z.shape[0] as number;
  const halfSquares = op.Mul(op.ReduceSum(op.Mul(z, z), [0]), graph.scalar(0.5));
  const constant = graph.scalar(-0.5 * channels * Math.log(2 * Math.PI));
  const total = op.Add(op.Sub(logDeterminant, halfSquares), constant);
  return op.Mul(total, graph.scalar(1 / channels));
}
