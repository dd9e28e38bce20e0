import { int } from '../attribute.js';
import { emitOne, type Value } from '../graph.js';
import { GraphError } from '../graph-error.js';
import { type Dim, formatShape, normalizeAxis, staticCount } from '../shape.js';
import { Mul } from './arithmetic.js';
import { Expand, Reshape } from './layout.js';

function reduced(operator: string, x: Value, axes: readonly number[], keep: boolean): Dim[] {
  if (axes.length === 0) throw new GraphError(`${operator}: name the axes to reduce`);
  const chosen = new Set(axes.map((axis) => normalizeAxis(axis, x.shape.length, operator)));
  return x.shape.flatMap((dim, axis) => (chosen.has(axis) ? (keep ? [1] : []) : [dim]));
}

function reduce(
  operator: string,
  x: Value,
  axes: readonly number[],
  keep: boolean,
  dx?: (spread: Value) => Value,
): Value {
  const shape = reduced(operator, x, axes, keep);
  const kept = reduced(operator, x, axes, true);
  const vjp = dx && ((dy: Value) => [() => dx(Expand(Reshape(dy, kept), x.shape)), undefined]);
  return emitOne(
    operator,
    [x, x.graph.int64s(axes)],
    { type: x.type, shape },
    { keepdims: int(keep ? 1 : 0) },
    vjp,
  );
}

/** Sum over the axes. */
export function ReduceSum(x: Value, axes: readonly number[], keepDims = false): Value {
  return reduce('ReduceSum', x, axes, keepDims, (spread) => spread);
}

/** Mean over the axes, whose sizes must be known when it is differentiated. */
export function ReduceMean(x: Value, axes: readonly number[], keepDims = false): Value {
  return reduce('ReduceMean', x, axes, keepDims, (spread) => {
    const count = staticCount(
      axes.map((axis) => x.shape[normalizeAxis(axis, x.shape.length, 'ReduceMean')] as Dim),
    );
    if (count === undefined) {
      throw new GraphError(`ReduceMean: the derivative over ${formatShape(x.shape)} needs known sizes`);
    }
    return Mul(spread, spread.graph.scalar(1 / count));
  });
}

/** Largest element over the axes. Not differentiable here: nothing needs it. */
export function ReduceMax(x: Value, axes: readonly number[], keepDims = false): Value {
  return reduce('ReduceMax', x, axes, keepDims);
}
