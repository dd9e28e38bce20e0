// Operators that make one number of many, and those that standardize by such numbers.
import { BOOL, FLOAT32, INT64 } from '../element-types.js';
import { exact } from '../fold-values.js';
import { countOf, type Known, type NodeSite, type OperatorRule } from '../node-site.js';

const REDUCTIONS: Readonly<Record<string, ((numbers: readonly number[]) => number) | undefined>> = {
  ReduceMax: (numbers) => Math.max(...numbers),
  ReduceMin: (numbers) => Math.min(...numbers),
  ReduceProd: (numbers) => numbers.reduce((product, number) => product * number, 1),
  ReduceSum: (numbers) => numbers.reduce((sum, number) => sum + number, 0),
  ReduceMean: undefined,
  ReduceL1: undefined,
  ReduceL2: undefined,
  ReduceLogSum: undefined,
  ReduceLogSumExp: undefined,
  ReduceSumSquare: undefined,
};

function reduced(dims: readonly number[], axes: ReadonlySet<number>, keep: boolean): number[] {
  return dims.flatMap((dim, axis) => (axes.has(axis) ? (keep ? [1] : []) : [dim]));
}

function reduction(compute: ((numbers: readonly number[]) => number) | undefined): OperatorRule {
  return (site) => {
    const { type, dims, values } = site.input(0);
    const named = site.axes(1) ?? [];
    if (named.length === 0 && site.int('noop_with_empty_axes', 0) !== 0) return [{ type, dims }];
    const axes = new Set(
      (named.length > 0 ? named : [...dims.keys()]).map((axis) => site.axis(axis, dims.length)),
    );
    // Of all numbers only: that is what a size is made of.
    const whole =
      type === INT64 && axes.size === dims.length && values && values.length > 0 ? values : undefined;
    const value = compute && whole?.every(Number.isFinite) ? exact(type, compute(whole)) : undefined;
    const result = reduced(dims, axes, site.int('keepdims', 1) !== 0);
    return [{ type, dims: result, values: value === undefined ? undefined : [value] }];
  };
}

function arg(site: NodeSite): Known[] {
  const { dims } = site.input(0);
  const axis = site.axis(site.int('axis', 0), dims.length);
  return [{ type: INT64, dims: reduced(dims, new Set([axis]), site.int('keepdims', 1) !== 0) }];
}

/** The shape stays; what else newer versions give belongs to training. */
function same(site: NodeSite): Known[] {
  if (site.outputs > 1)
    site.refuse('gives more than its result, as in training: export the network for inference');
  const { type, dims } = site.input(0);
  return [{ type, dims }];
}

function layerNormalization(site: NodeSite): Known[] {
  const { type, dims } = site.input(0);
  const axis = site.axis(site.int('axis', -1), dims.length);
  const statistics = { type: FLOAT32, dims: dims.map((dim, at) => (at < axis ? dim : 1)) };
  return [{ type, dims }, ...Array.from({ length: site.outputs - 1 }, () => statistics)];
}

function dropout(site: NodeSite): Known[] {
  const { type, dims, values } = site.input(0);
  return [
    { type, dims, values },
    { type: BOOL, dims },
  ].slice(0, site.outputs);
}

/** Windows of channels. */
function localResponse(site: NodeSite): Known[] {
  const [result] = same(site) as [Known];
  site.work = countOf(result.dims) * Math.max(0, site.int('size', 0));
  return [result];
}

const SAME = [
  'BatchNormalization',
  'GroupNormalization',
  'InstanceNormalization',
  'LogSoftmax',
  'LpNormalization',
  'MeanVarianceNormalization',
  'RMSNormalization',
  'RotaryEmbedding',
  'Softmax',
];

export const REDUCING: readonly [string, OperatorRule][] = [
  ...Object.entries(REDUCTIONS).map(([name, compute]): [string, OperatorRule] => [name, reduction(compute)]),
  ...SAME.map((name): [string, OperatorRule] => [name, same]),
  ['ArgMax', arg],
  ['ArgMin', arg],
  ['Dropout', dropout],
  ['LayerNormalization', layerNormalization],
  ['LRN', localResponse],
];
