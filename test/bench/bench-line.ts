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
}

export function benchLine(
  name: string,
  unit: string,
  value: number,
  peer: string,
  peerValue: number,
): BenchLine {
  // Printed with the digits that a timing has; the ratio is that of the printed numbers.
  const [own, other] = [rounded(value), rounded(peerValue)];
  return { name, value: own, unit, peer, peerValue: other, ratio: rounded(other / own) };
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
