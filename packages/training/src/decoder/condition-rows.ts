import type { Tensor } from '@cflow/onnx';

/**
 * The condition of each of so many fibers.
 *
 * @param encoding of all positions, [positions, dimensions]
 * @param positionOf gives the position of a fiber
 * @returns [count, dimensions]
 */
export function conditionRows(
  encoding: Float32Array,
  dimensions: number,
  count: number,
  positionOf: (row: number) => number,
): Tensor {
  const data = new Float32Array(count * dimensions);
  for (let row = 0; row < count; row++) {
    const position = positionOf(row);
    data.set(encoding.subarray(position * dimensions, (position + 1) * dimensions), row * dimensions);
  }
  return { type: 'float32', dims: [count, dimensions], data };
}
