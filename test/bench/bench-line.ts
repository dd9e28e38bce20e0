/** One comparison of one case, as it is printed. */
export interface BenchLine {
  name: string;
  /** Ours: a median. */
  value: number;
  unit: string;
  /** What it is compared with. */
  peer: string;
  /** The peer's median, from the same run. */
  peerValue: number;
  /** peerValue / value: above 1, ours is the faster one. */
  ratio: number;
  /** The ratios of single rounds, where the two took turns: half of them lie between these. */
  ratioSpread?: readonly [low: number, high: number];
}

export function benchLine(
  name: string,
  unit: string,
  value: number,
  peer: string,
  peerValue: number,
  ratioSpread?: readonly [low: number, high: number],
): BenchLine {
  // Printed with the digits that a timing has; the ratio is that of the printed numbers.
  const [own, other] = [rounded(value), rounded(peerValue)];
  return {
    name,
    value: own,
    unit,
    peer,
    peerValue: other,
    ratio: rounded(other / own),
    ...(ratioSpread && { ratioSpread: [rounded(ratioSpread[0]), rounded(ratioSpread[1])] as const }),
  };
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
