import { type Tensor, uint8 } from '@cflow/onnx/tensor';

/**
 * The image of a golden probe where a score can grow without end and no good image is at hand: waves of several lengths
 * with a little noise, so that all scales of a network have something to see. Integer arithmetic, hence the same bytes everywhere. uint8 [1, 3, height, width].
 */
export function probeImage(height: number, width: number): Tensor {
  const data = new Uint8Array(3 * height * width);
  let state = 1;
  for (let channel = 0; channel < 3; channel++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const waves =
          triangle(x + 2 * y, 64 + 16 * channel) + triangle(3 * x + y, 29) + triangle(5 * y - 2 * x, 11);
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        data[(channel * height + y) * width + x] = Math.min(255, Math.floor(waves / 3) + (state >>> 28));
      }
    }
  }
  return uint8([1, 3, height, width], data);
}

/** A triangle wave between 0 and 240. */
function triangle(position: number, period: number): number {
  const phase = ((position % period) + period) % period;
  return Math.floor((240 * Math.abs(2 * phase - period)) / period);
}
