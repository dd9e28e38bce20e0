import type { Mask } from '@cflow/spec';
import { checkPixels, checkSize } from './check-image.js';

/**
 * Nearest-neighbor resampling: each output pixel takes the input pixel that its center falls on, as Pillow's
 * `Image.resize((width, height), NEAREST)`. Values are kept as they are.
 *
 * @throws ImageError when a size is not a positive whole number or the values do not fill the mask.
 */
export function resizeMask(mask: Mask, width: number, height: number): Mask {
  checkPixels(mask, 1);
  checkSize(width, height, 'the size to resample to');
  const columns = nearestInputs(mask.width, width);
  const rows = nearestInputs(mask.height, height);
  const data = new Uint8Array(width * height);
  let at = 0;
  for (let y = 0; y < height; y++) {
    const row = rows[y]! * mask.width;
    for (let x = 0; x < width; x++) data[at++] = mask.data[row + columns[x]!]!;
  }
  return { width, height, data };
}

function nearestInputs(inputSize: number, size: number): Int32Array {
  const inputs = new Int32Array(size);
  const step = inputSize / size;
  // Summed up rather than multiplied: where a center falls on the border of two pixels, Pillow's sum decides.
  let position = step * 0.5;
  for (let i = 0; i < size; i++, position += step) inputs[i] = Math.min(inputSize - 1, Math.trunc(position));
  return inputs;
}
