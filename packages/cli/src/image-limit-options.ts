import type { ImageLimits } from '@cflow/images/node';
import { type Command, InvalidArgumentError } from 'commander';
import { positiveNumber } from './option-value.js';

export interface ImageLimitFlags {
  maxMegapixels?: number;
}

/** What resampling can make, and so the largest image there is: 2^28 pixels. */
const MOST_MEGAPIXELS = 268;
/** Of a pixel in the largest files that are read: four samples of 16 bits. */
const MOST_BYTES_PER_PIXEL = 8;

/** The option of every command that reads images. */
export function withImageLimitOptions(command: Command): Command {
  return command.option(
    '--max-megapixels <n>',
    `largest image that is read, in millions of pixels, up to ${MOST_MEGAPIXELS}: each takes 3 MB of memory (default: 67)`,
    megapixels,
  );
}

/** The flags as limits of what is decoded; undefined where the usual ones hold. */
export function imageLimits({ maxMegapixels }: ImageLimitFlags): ImageLimits | undefined {
  if (maxMegapixels === undefined) return undefined;
  const pixels = Math.round(maxMegapixels * 1e6);
  return { pixels, bytes: Math.max(2 ** 28, pixels * MOST_BYTES_PER_PIXEL) };
}

function megapixels(text: string): number {
  const value = positiveNumber(text);
  if (value <= MOST_MEGAPIXELS) return value;
  throw new InvalidArgumentError(`Expected a number above 0 and up to ${MOST_MEGAPIXELS}.`);
}
