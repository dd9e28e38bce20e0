import { randomPermutation, randomStream } from '@cflow/model';

/** Fewer held-out images than this say too little to be worth missing in training. */
const FEWEST_HELD_OUT = 5;

/**
 * Good images to train on, and those held out for validation and calibration: those that are given for it when there
 * are two at least, else a share at random (seeded), else none, when the share is too small to spare.
 */
export function splitGoodImages<Image>(
  good: readonly Image[],
  own: readonly Image[],
  heldOutFraction: number,
  seed: number,
): { train: Image[]; heldOut: Image[] } {
  if (own.length >= 2) return { train: [...good], heldOut: [...own] };
  const count = Math.round(good.length * heldOutFraction);
  if (count < FEWEST_HELD_OUT) return { train: [...good], heldOut: [] };
  const chosen = new Set(randomPermutation(randomStream(seed, 'held-out'), good.length).subarray(0, count));
  return {
    train: good.filter((_, index) => !chosen.has(index)),
    heldOut: good.filter((_, index) => chosen.has(index)),
  };
}
