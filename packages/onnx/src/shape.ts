import { GraphError } from './graph-error.js';

/** A known size, or the name of a size that is known only when the graph runs. Equal names are equal sizes. */
export type Dim = number | string;
export type Shape = readonly Dim[];

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, axis) => dim === b[axis]);
}

export function formatShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** Axis counted from the front; throws GraphError when it is out of range. */
export function normalizeAxis(axis: number, rank: number, operator: string): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    throw new GraphError(`${operator}: axis ${axis} is out of range for rank ${rank}`);
  }
  return axis < 0 ? axis + rank : axis;
}

/**
 * Shape of an element-wise operation on two shapes, by ONNX's (NumPy's) rules. A symbolic size meets only itself
 * or 1: a size that *might* fit when the graph runs is a mistake more often than a wish.
 */
export function broadcastShapes(a: Shape, b: Shape, operator: string): Dim[] {
  const rank = Math.max(a.length, b.length);
  const result: Dim[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const left = a[axis - rank + a.length] ?? 1;
    const right = b[axis - rank + b.length] ?? 1;
    if (left !== right && left !== 1 && right !== 1) {
      throw new GraphError(`${operator}: shapes ${formatShape(a)} and ${formatShape(b)} do not broadcast`);
    }
    result.push(left === 1 ? right : left);
  }
  return result;
}

/** Product of sizes, or undefined when one of them is symbolic. */
export function staticCount(shape: Shape): number | undefined {
  let product = 1;
  for (const dim of shape) {
    if (typeof dim === 'string') return undefined;
    product *= dim;
  }
  return product;
}
