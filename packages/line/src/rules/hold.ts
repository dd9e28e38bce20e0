/** What is bad once stays bad for a while, so that a slow machine sees it. */
export interface Hold {
  milliseconds: number;
}

/**
 * @param until when the last hold ends, milliseconds since 1970; undefined when nothing is held
 * @param time of the frame, milliseconds since 1970
 */
export function hold(
  { milliseconds }: Hold,
  until: number | undefined,
  bad: boolean,
  time: number,
): { until: number | undefined; bad: boolean } {
  if (bad) return { until: time + milliseconds, bad: true };
  const held = until !== undefined && time < until;
  return { until: held ? until : undefined, bad: held };
}
