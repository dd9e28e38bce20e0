import type { SampleRange } from '@cflow/spec';

/** Depths of cameras, and 8 bits in files of 16. */
const CAMERA_BITS = [8, 10, 12, 14];

/**
 * What samples of 16 bits lie between, by the greatest of all images: up to the greatest that 8, 10, 12 or 14 bits can hold.
 * Undefined where that is full scale, or where all is black.
 */
export function rangeOfGreatest(greatest: number): SampleRange | undefined {
  if (!(greatest > 0)) return undefined;
  const bits = CAMERA_BITS.find((each) => greatest < 2 ** each);
  return bits === undefined ? undefined : { low: 0, high: 2 ** bits - 1 };
}
