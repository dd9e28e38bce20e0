// Repeating and adding up: each is the other's derivative, so they lie together.
import { int } from '../attribute.js';
import { emitOne, type Value } from '../graph.js';
import { GraphError } from '../graph-error.js';
import {
  broadcastShapes,
  type Dim,
  formatShape,
  normalizeAxis,
  type Shape,
  sameShape,
  staticCount,
} from '../shape.js';
import { Reshape } from './reshape.js';

/** Repeats axes of size 1, and leading ones, up to a known shape. */
export function Expand(x: Value, shape: Shape): Value {
  if (sameShape(x.shape, shape)) return x;
  if (staticCount(shape) === undefined) {
    // An unknown size cannot be written down; adding zeros of that shape is not ours to guess.
    throw new GraphError(`Expand: ${formatShape(shape)} must be known`);
  }
  const result = broadcastShapes(x.shape, shape, 'Expand');
  return emitOne(
    'Expand',
    [x, x.graph.int64s(shape as number[])],
    { type: x.type, shape: result },
    {},
    (dy) => [() => sumTo(dy, x.shape), undefined],
  );
}

function reduced(operator: string, x: Value, axes: readonly number[], keep: boolean): Dim[] {
  if (axes.length === 0) throw new GraphError(`${operator}: name the axes to reduce`);
  const chosen = new Set(axes.map((axis) => normalizeAxis(axis, x.shape.length, operator)));
  return x.shape.flatMap((dim, axis) => (chosen.has(axis) ? (keep ? [1] : []) : [dim]));
}

/**
 * A reduction over the axes.
 * @param dx The cotangent of x, from that of the result spread over x's shape; left out, it cannot be differentiated
 */
export function reduce(
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

/**
 * Undoes broadcasting in a vector-Jacobian product: an element that was used many times gets the sum of their
 * cotangents.
 */
export function sumTo(cotangent: Value, shape: Shape): Value {
  if (sameShape(cotangent.shape, shape)) return cotangent;
  const lead = cotangent.shape.length - shape.length;
  const axes = cotangent.shape.flatMap((dim, axis) =>
    axis < lead || (shape[axis - lead] === 1 && dim !== 1) ? [axis] : [],
  );
  const summed = ReduceSum(cotangent, axes, true);
  return lead === 0 ? summed : Reshape(summed, shape);
}
