import { float32, op, type Value } from '@cflow/onnx';
import { interpolationMatrix } from './interpolation.js';

/**
 * Bilinear, over the last two axes: A_h · x · A_wᵀ.
 *
 * @param x [..., h, w]
 * @param matrixOf the matrix of one axis, by its sizes before and after. Default: corners on corners
 * @returns [..., height, width]
 */
export function upsample(
  x: Value,
  [height, width]: readonly [height: number, width: number],
  matrixOf: (inputSize: number, outputSize: number) => Float32Array = interpolationMatrix,
): Value {
  const { graph } = x;
  const [h, w] = x.shape.slice(-2) as [number, number];
  const vertical = graph.constant(float32([height, h], matrixOf(h, height)), 'vertical_interpolation');
  const horizontal =
    w === h && width === height
      ? vertical
      : graph.constant(float32([width, w], matrixOf(w, width)), 'horizontal_interpolation');
  return op.MatMul(op.MatMul(vertical, x), op.Transpose(horizontal, [1, 0]));
}
