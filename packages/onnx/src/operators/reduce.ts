import type { Value } from '../graph.js';
import { GraphError } from '../graph-error.js';
import { type Dim, formatShape, normalizeAxis, staticCount } from '../shape.js';
import { Mul } from './arithmetic.js';
import { reduce } from './broadcast.js';

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
