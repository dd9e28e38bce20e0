import type { Mask } from '@cflow/spec';
import type { ImageFormat } from '../image-format.js';

/** Half of full scale, from which a JPEG counts; and the least that may be more than what compression leaves of black. */
const HALF = 128;
const LEAST_WHITE = 32;

/**
 * The mask that an image is, by the largest of its color channels at each pixel: 1 where it is above zero. A JPEG, whose zeros
 * are only nearly zero, counts from half of full scale, or of its brightest pixel where that is darker. Where the colors say
 * the same of every pixel and alpha does not, alpha says it.
 *
 * @param values one byte to a pixel; of samples with more bits only whether they are zero
 */
export function maskOf(
  { width, height }: { width: number; height: number },
  values: Uint8Array,
  format: ImageFormat,
  alpha?: Uint8Array,
): Mask {
  const least = format === 'jpeg' ? jpegThreshold(values) : 1;
  const data = values.map((value) => (value >= least ? 1 : 0));
  if (alpha && isConstant(data)) {
    const byAlpha = alpha.map((value) => (value > 0 ? 1 : 0));
    if (!isConstant(byAlpha)) return { width, height, data: byAlpha };
  }
  return { width, height, data };
}

/** Whether the colors leave it to alpha to say where the mask is. */
export function isConstant(data: Uint8Array): boolean {
  const first = data[0];
  return data.every((value) => value === first);
}

function jpegThreshold(values: Uint8Array): number {
  let most = 0;
  for (const value of values) if (value > most) most = value;
  if (most >= HALF || most < LEAST_WHITE) return HALF;
  return Math.ceil(most / 2);
}
