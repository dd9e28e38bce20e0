/**
 * Shares work out to lanes that run side by side, the heaviest first to the lane that has least: decoders train
 * independently of each other.
 *
 * @param costs of each piece of work
 * @returns for each lane the indices of its pieces, in their order; no lane is empty
 */
export function shareOut(costs: readonly number[], lanes: number): number[][] {
  const count = Math.max(1, Math.min(lanes, costs.length));
  const shares = Array.from({ length: count }, () => ({ cost: 0, pieces: [] as number[] }));
  const order = costs.map((_, index) => index).sort((a, b) => costs[b]! - costs[a]! || a - b);
  for (const index of order) {
    const lightest = shares.reduce((least, share) => (share.cost < least.cost ? share : least));
    lightest.pieces.push(index);
    lightest.cost += costs[index]!;
  }
  return shares.map(({ pieces }) => pieces.sort((a, b) => a - b));
}
