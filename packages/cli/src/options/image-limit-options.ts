import { MOST_MEGAPIXELS, megapixelLimits } from '@cflow/images';
import type { ImageLimits } from '@cflow/images/node';
import { type Command, InvalidArgumentError } from 'commander';
import { positiveNumber } from './option-value.js';

export interface ImageLimitFlags {
  maxMegapixels?: number;
}

/** The option of every command that reads images. */
export function withImageLimitOptions(command: Command): Command {
  return command.option(
    '--max-megapixels <n>',
    `largest image that is read, in millions of pixels, up to ${MOST_MEGAPIXELS}: each takes 3 MB of memory (default: 67)`,
    megapixels,
  );
}

/** The flags as limits of what is decoded; undefined where the default limits apply. */
export function imageLimits({ maxMegapixels }: ImageLimitFlags): ImageLimits | undefined {
  return megapixelLimits(maxMegapixels);
}

function megapixels(text: string): number {
  const value = positiveNumber(text);
  if (value <= MOST_MEGAPIXELS) return value;
  throw new InvalidArgumentError(`Expected a number above 0 and up to ${MOST_MEGAPIXELS}.`);
}
