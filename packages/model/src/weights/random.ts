import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

export type { RandomGenerator };

/**
 * A random stream that depends on nothing but the seed and the name, so that a tensor's initial values do not change
 * when others are made before it. xoroshiro128+, its state hashed from both.
 *
 * @param seed Any whole number that a float64 holds exactly.
 */
export function randomStream(seed: number, name: string): RandomGenerator {
  if (!Number.isSafeInteger(seed))
    throw new RangeError(`a seed is a whole number up to 2^53 - 1, got ${seed}`);
  const key = `${seed}/${name}`;
  // The last word is kept from zero: a state of zeros would give only zeros.
  return xoroshiro128plusFromState([hash(key, 1), hash(key, 2), hash(key, 3), hash(key, 4) | 1]);
}

/** Uniform in [low, high). */
export function uniform(random: RandomGenerator, low: number, high: number): number {
  return low + (high - low) * uniformFloat64(random);
}

/**
 * Independent standard normal numbers, by Marsaglia's polar method. Uses only operations that IEEE 754 rounds
 * exactly (+ - * / and sqrt; Math.log is not one of them and differs between engines), so the numbers are equal
 * bit for bit on every engine.
 */
export function gaussians(random: RandomGenerator, count: number): Float64Array {
  const values = new Float64Array(count);
  for (let i = 0; i < count; i += 2) {
    let x = 0;
    let y = 0;
    let square = 0;
    do {
      x = uniform(random, -1, 1);
      y = uniform(random, -1, 1);
      square = x * x + y * y;
    } while (square >= 1 || square === 0);
    const factor = Math.sqrt((-2 * naturalLogarithm(square)) / square);
    values[i] = x * factor;
    if (i + 1 < count) values[i + 1] = y * factor;
  }
  return values;
}

/** A uniform random permutation of 0..count-1 (Fisher and Yates, from the end). */
export function randomPermutation(random: RandomGenerator, count: number): Int32Array {
  const values = Int32Array.from({ length: count }, (_, i) => i);
  for (let last = count - 1; last > 0; last--) {
    const other = uniformInt(random, 0, last);
    const kept = values[last]!;
    values[last] = values[other]!;
    values[other] = kept;
  }
  return values;
}

/** ln of a positive normal number, to about 1e-16: x = m 2^e with m near 1, ln m = 2 artanh((m - 1) / (m + 1)). */
export function naturalLogarithm(x: number): number {
  let mantissa = x;
  let exponent = 0;
  while (mantissa < Math.SQRT1_2) {
    mantissa *= 2;
    exponent--;
  }
  while (mantissa >= Math.SQRT2) {
    mantissa /= 2;
    exponent++;
  }
  const s = (mantissa - 1) / (mantissa + 1);
  let series = 0;
  for (let k = 21; k >= 1; k -= 2) series = series * s * s + 1 / k;
  return exponent * Math.LN2 + 2 * s * series;
}

/** MurmurHash3's mixing over UTF-16 units; a signed 32-bit number. */
function hash(text: string, seed: number): number {
  let h = seed;
  for (let i = 0; i < text.length; i++) {
    h ^= Math.imul(rotate(Math.imul(text.charCodeAt(i), 0xcc9e2d51), 15), 0x1b873593);
    h = Math.imul(rotate(h, 13), 5) + 0xe6546b64;
  }
  h ^= text.length;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) | 0;
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
