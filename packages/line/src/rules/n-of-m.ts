/** Bad when at least `n` of the last `m` frames are. */
export interface NOfM {
  n: number;
  m: number;
}

/** @param window of the frames before, whether each was bad, the oldest first */
export function nOfM(
  { n, m }: NOfM,
  window: readonly boolean[],
  bad: boolean,
): { window: boolean[]; bad: boolean } {
  const next = [...window, bad].slice(-m);
  return { window: next, bad: next.filter(Boolean).length >= n };
}
