import { op, type Tensor, type Value } from '@cflow/onnx';

/** Name of the tensor that says which pixels of the map count, in a detector where not all do: uint8 [1, height, width]. */
export const REGION = 'region';

/** @param places not 0 where a pixel counts, [height · width] */
export function regionTensor(places: Uint8Array, [height, width]: readonly [number, number]): Tensor {
  return { type: 'uint8', dims: [1, height, width], data: places };
}

/**
 * A map of which only a region counts: outside it has the lowest value that the image has anywhere, so that nothing is found there.
 *
 * @param map [batch, height, width]
 */
export function withinRegion(map: Value, region: Tensor): Value {
  const { graph } = map;
  const inside = op.Cast(graph.constant(region, REGION), 'float32');
  const lowest = op.Neg(op.ReduceMax(op.Neg(map), [1, 2], true));
  return op.Add(op.Mul(map, inside), op.Mul(lowest, op.Sub(graph.scalar(1), inside)));
}

/** The places of a coarser grid of which any pixel counts, by their number in row-major order. */
export function placesWithin(region: Tensor, height: number, width: number): Int32Array {
  const [, rows, columns] = region.dims as [number, number, number];
  const data = region.data as Uint8Array;
  const found = new Set<number>();
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      if (data[y * columns + x] === 0) continue;
      found.add(Math.floor((y * height) / rows) * width + Math.floor((x * width) / columns));
    }
  }
  return Int32Array.from(found).sort();
}
