// What a place looks like, as graphs. The same functions serve the head and the fitting.
import { float32, op, type Value } from '@cflow/onnx';
import { centeredInterpolationMatrix } from '../scoring/interpolation.js';
import type { MemoryBank } from './memory-banks.js';
import { bankTensorName, projectionName, type TakeConstant } from './memory-tensors.js';

/** A place and its neighbors: the mean over 3 x 3 places, as PatchCore has it. Places outside the map do not count. */
export const neighborhoodMeans = (map: Value): Value => op.AveragePool(map, [3, 3], { pads: [1, 1, 1, 1] });

/** [batch, C, h, w] as one row per place, [batch, h · w, C]. */
export function placeRows(map: Value): Value {
  const [batch, channels, height, width] = map.shape as [string, number, number, number];
  return op.Transpose(op.Reshape(map, [batch, channels, height * width]), [0, 2, 1]);
}

/**
 * Rows of one grid interpolated to another, bilinearly between the centers of places.
 * @param rows [batch, h · w, C]
 * @returns [batch, H · W, C]
 */
export function interpolateRows(
  rows: Value,
  [h, w]: readonly [number, number],
  [height, width]: readonly [number, number],
): Value {
  if (h === height && w === width) return rows;
  const { graph } = rows;
  const [batch, , channels] = rows.shape as [string, number, number];
  const matrix = (from: number, to: number, name: string): Value =>
    graph.constant(float32([to, from], centeredInterpolationMatrix(from, to)), name);
  const tall = op.MatMul(
    matrix(h, height, 'vertical_interpolation'),
    op.Reshape(rows, [batch, h, w * channels]),
  );
  const split = op.Reshape(tall, [batch, height, w, channels]);
  const wide = op.MatMul(matrix(w, width, 'horizontal_interpolation'), split);
  return op.Reshape(wide, [batch, height * width, channels]);
}

/**
 * Every place in the coordinates of a bank: its layers, each averaged over the neighborhood, projected, brought to the
 * bank's grid and added up. To project before interpolating is the same and costs less.
 *
 * @param means of the bank's layers by name, [batch, C, h, w], see {@link neighborhoodMeans}
 * @returns [batch, positions, components]
 */
export function bankCoordinates(
  bank: MemoryBank,
  means: ReadonlyMap<string, Value>,
  take: TakeConstant,
): Value {
  const parts = bank.layers.map(({ name, channels, height, width }) => {
    const projection = take(projectionName(bank.name, name), [channels, undefined]);
    const projected = op.MatMul(placeRows(means.get(name) as Value), projection);
    return interpolateRows(projected, [height, width], [bank.height, bank.width]);
  });
  const sum = parts.reduce((left, right) => op.Add(left, right));
  return op.Add(sum, take(bankTensorName(bank.name, 'offset'), [sum.shape[2] as number]));
}

/**
 * Distance of each place to the nearest row of a memory: |z - m|² = |z|² - (2 z·m - |m|²), one product of matrices and a
 * maximum.
 *
 * @param coordinates [batch, positions, components]
 * @param rows [count, components]
 * @param options.handicap [batch, 1, count], taken off what speaks for each row: large where a row must not be used
 * @param options.atOnce places that are compared at once, which decides about memory and nothing else; all when left out
 * @returns [batch, positions]
 */
export function nearestDistance(
  coordinates: Value,
  rows: Value,
  { handicap, atOnce }: { handicap?: Value | undefined; atOnce?: number | undefined } = {},
): Value {
  const { graph } = coordinates;
  const [count] = rows.shape as [number, number];
  const [batch, positions] = coordinates.shape as [string, number];
  const doubled = op.Transpose(op.Mul(rows, graph.scalar(2)), [1, 0]);
  const squares = op.Reshape(op.ReduceSum(op.Mul(rows, rows), [1]), [1, 1, count]);
  const against = handicap ? op.Add(handicap, squares) : squares;
  const closest = (some: Value): Value => op.ReduceMax(op.Sub(op.MatMul(some, doubled), against), [2]);
  const own = op.ReduceSum(op.Mul(coordinates, coordinates), [2]);
  // Rounding can take what is nearly 0 below it.
  const squared = op.Max(op.Sub(own, inParts(coordinates, atOnce, closest)), graph.scalar(0));
  return op.Reshape(op.Sqrt(squared), [batch, positions]);
}

/** Something of all places, [batch, positions], found for so many of them at once. */
function inParts(coordinates: Value, atOnce: number | undefined, find: (some: Value) => Value): Value {
  const [, positions] = coordinates.shape as [string, number];
  if (atOnce === undefined || positions <= atOnce) return find(coordinates);
  const starts = Array.from({ length: Math.ceil(positions / atOnce) }, (_, i) => i * atOnce);
  return op.Concat(
    starts.map((start) => find(op.Slice(coordinates, 1, start, Math.min(positions, start + atOnce)))),
    1,
  );
}
