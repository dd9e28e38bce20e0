import { float32ToFloat16, type Precision } from '@cflow/model';
import type { Tensor } from '@cflow/onnx';

/**
 * Trained numbers as they are stored. Indices stay as they are, and so do global scales and offsets, which are few: a
 * channel that hardly varies has a scale beyond what float16 holds, and an offset whose rounding would move it.
 */
export function inPrecision(
  parameters: ReadonlyMap<string, Tensor>,
  precision: Precision,
): Map<string, Tensor> {
  return new Map(
    [...parameters].map(([name, tensor]) =>
      precision === 'float16' && tensor.type === 'float32' && !/global_(scale|offset)$/.test(name)
        ? [name, { type: 'float16', dims: tensor.dims, data: float32ToFloat16(tensor.data as Float32Array) }]
        : [name, tensor],
    ),
  );
}
