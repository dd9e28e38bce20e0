// From samples of more than 8 bits to bytes. The same arithmetic for all decoders, so that a score does not depend on the host.
import type { OutOfRange, SampleRange } from '@cflow/spec';
import { type ImageSource, imageError } from './image-error.js';

/** How samples become bytes. */
export interface RangeOptions {
  /** Values that samples of more than 8 bits lie between. Default: full scale, 0 to 65535; those of floating point have none. */
  range?: SampleRange | undefined;
  /** An image that does not fit `range`: taken, with `warnings` (the default), or an ImageError `out-of-range`. */
  outOfRange?: OutOfRange | undefined;
}

export const FULL_RANGE: SampleRange = { low: 0, high: 65_535 };

/** Share of an image's samples that may lie outside: hot pixels, and tails that a range was not meant to hold. */
const MOST_OUTSIDE = 0.01;
const VALUES = 65_536;

/**
 * Bytes of samples: `round(255 * (value - low) / (high - low))`, clipped, halves upwards. In double precision, which is the
 * same everywhere, and of whole numbers exact.
 */
export class SampleScale {
  readonly #range: SampleRange;
  readonly #table: Uint8Array = new Uint8Array(VALUES);
  #samples = 0;
  #outside = 0;
  #least: number = Number.POSITIVE_INFINITY;
  #most: number = Number.NEGATIVE_INFINITY;

  constructor(range: SampleRange = FULL_RANGE) {
    this.#range = range;
    for (let value = 0; value < VALUES; value++) this.#table[value] = byteOf(value, range);
  }

  /** The byte of a sample of 16 bits. */
  byteOf16(value: number): number {
    this.#note(value);
    return this.#table[value]!;
  }

  /** The bytes of many samples. What is not a number is black. */
  bytesOf(samples: Uint16Array | Float32Array): Uint8Array {
    const bytes = new Uint8Array(samples.length);
    if (samples instanceof Uint16Array) {
      for (let i = 0; i < bytes.length; i++) bytes[i] = this.byteOf16(samples[i]!);
      return bytes;
    }
    for (let i = 0; i < bytes.length; i++) {
      this.#note(samples[i]!);
      bytes[i] = byteOf(samples[i]!, this.#range);
    }
    return bytes;
  }

  /** What does not fit, of all samples so far; undefined where they do. */
  get misfit(): string | undefined {
    const { low, high } = this.#range;
    if (this.#samples === 0) {
      return `has samples of 8 bits, expected more, with values from ${shown(low)} to ${shown(high)}; they are taken from 0 to 255`;
    }
    const share = this.#outside / this.#samples;
    if (share <= MOST_OUTSIDE) return undefined;
    const found =
      this.#least <= this.#most ? `found ${shown(this.#least)} to ${shown(this.#most)}` : 'found no numbers';
    return `${Math.round(share * 100)} % of its samples lie outside of ${shown(low)} to ${shown(high)}, ${found}; they are clipped`;
  }

  #note(value: number): void {
    this.#samples++;
    if (!(value >= this.#range.low && value <= this.#range.high)) this.#outside++;
    if (value < this.#least) this.#least = value;
    if (value > this.#most) this.#most = value;
  }
}

function byteOf(value: number, { low, high }: SampleRange): number {
  if (!(value > low)) return 0;
  if (value >= high) return 255;
  const span = high - low;
  return Math.floor(((value - low) * 510 + span) / (2 * span));
}

const shown = (value: number): string => String(Number(value.toPrecision(6)));

/**
 * What an image is warned of.
 * @throws ImageError `out-of-range` where that is an error
 */
export function rangeWarnings(
  source: ImageSource,
  scale: SampleScale,
  { range, outOfRange }: RangeOptions,
): { warnings?: readonly string[] } {
  const misfit = range && scale.misfit;
  if (misfit === undefined) return {};
  if (outOfRange === 'error') {
    throw imageError(
      source,
      'out-of-range',
      misfit.replace(/; they are [^;]*$/, '; give images of the kind that was trained on'),
      {
        details: { range },
      },
    );
  }
  return { warnings: [misfit] };
}
