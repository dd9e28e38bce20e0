import { uniformFloat32 } from 'pure-rand/distribution/uniformFloat32';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** A stream of random choices. The same seed gives the same choices in every JavaScript engine. */
export interface Random {
  /** Uniform in [low, high). */
  uniform(low: number, high: number): number;
  /** Uniform integer in [low, high], both included. */
  integer(low: number, high: number): number;
  /** True with probability `probability`. */
  chance(probability: number): boolean;
  /** One of the items, each as likely as the others. The list must not be empty. */
  pick<T>(items: readonly T[]): T;
}

export function createRandom(seed: number): Random {
  const generator = xoroshiro128plus(seed);
  // The state starts out as the seed and constants; a few steps mix them.
  for (let step = 0; step < 8; step++) generator.next();
  return {
    uniform: (low, high) => low + (high - low) * uniformFloat32(generator),
    integer: (low, high) => uniformInt(generator, low, high),
    chance: (probability) => uniformFloat32(generator) < probability,
    pick: (items) => items[uniformInt(generator, 0, items.length - 1)]!,
  };
}

/** An independent 32-bit seed for each path of tags: FNV-1a over the tags, then the finaliser of MurmurHash3. */
export function deriveSeed(seed: number, ...tags: readonly (string | number)[]): number {
  let hash = 0x811c9dc5 ^ seed;
  for (const tag of tags) {
    const text = `${tag}/`;
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
