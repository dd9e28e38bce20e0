import type { Tensor } from '@cflow/onnx';

/** [B, C, h, w] to rows [B h w, C]: the width fastest, then the height, then the batch. */
export function channelsLast({ type, dims, data }: Tensor): Tensor {
  const [batch, channels, height, width] = dims as [number, number, number, number];
  const area = height * width;
  const values = data as Float32Array;
  const rows = new Float32Array(values.length);
  for (let image = 0; image < batch; image++) {
    for (let channel = 0; channel < channels; channel++) {
      for (let position = 0; position < area; position++) {
        rows[(image * area + position) * channels + channel] =
          values[(image * channels + channel) * area + position]!;
      }
    }
  }
  return { type, dims: [batch * area, channels], data: rows };
}
