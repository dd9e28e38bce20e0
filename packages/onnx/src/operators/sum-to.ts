import type { Value } from '../graph.js';
import { type Shape, sameShape } from '../shape.js';
import { Reshape } from './layout.js';
import { ReduceSum } from './reduce.js';

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
