export interface Difference {
  /** Largest relative difference of a score. */
  score: number;
  /** Largest relative difference of a value of a map, of those that are at least a hundredth of the map's largest. */
  map: number;
  /** Of the others the largest difference, relative to the map's largest. */
  nearNothing: number;
}

/** A share of the largest value, below which a map says that nothing is there. */
const NOTHING = 0.01;

/** The largest relative difference. */
export function scoreDifference(ours: readonly number[], theirs: readonly number[]): number {
  return Math.max(...theirs.map((value, i) => Math.abs(ours[i]! - value) / Math.abs(value)));
}

/**
 * A value of a map is a constant less a sum of likelihoods, and near nothing the two are alike: of the seven places that a float
 * has, what is left there has fewer than four. So values below a hundredth of the largest are measured against the largest.
 */
export function mapDifference(
  ours: readonly Float32Array[],
  theirs: readonly Float32Array[],
): Pick<Difference, 'map' | 'nearNothing'> {
  let [map, nearNothing] = [0, 0];
  for (const [image, expected] of theirs.entries()) {
    const largest = expected.reduce((most, value) => Math.max(most, value));
    for (const [i, value] of expected.entries()) {
      const difference = Math.abs(ours[image]![i]! - value);
      if (value >= NOTHING * largest) map = Math.max(map, difference / value);
      else nearNothing = Math.max(nearNothing, difference / largest);
    }
  }
  return { map, nearNothing };
}
