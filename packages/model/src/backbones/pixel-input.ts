import { float32, type Graph, op, type Value } from '@cflow/onnx';
import type { PixelNormalization } from './architecture.js';

/** Declares `image`, uint8 [batch, 3, height, width] RGB, and brings it to the range that the network was trained on. */
export function pixelInput(
  graph: Graph,
  [height, width]: readonly [number, number],
  { mean, deviation }: PixelNormalization,
): Value {
  const pixels = graph.input('image', 'uint8', ['batch', 3, height, width]);
  const perChannel = (values: number[], name: string): Value =>
    graph.constant(float32([1, 3, 1, 1], values), name);
  const offset = perChannel(
    mean.map((value) => value * 255),
    'pixel_mean',
  );
  const scale = perChannel(
    deviation.map((value) => 1 / (value * 255)),
    'pixel_scale',
  );
  return op.Mul(op.Sub(op.Cast(pixels, 'float32'), offset), scale);
}
