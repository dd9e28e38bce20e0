/** An alarm from the k-th bad frame in a row on, until one is good. */
export interface StopAfter {
  k: number;
}

/** @param run bad frames in a row so far */
export function stopAfter({ k }: StopAfter, run: number, bad: boolean): { run: number; stop: boolean } {
  const next = bad ? run + 1 : 0;
  return { run: next, stop: next >= k };
}
