/** Seconds from now that a `Retry-After` asks for, as a number or a date; undefined when there is none that can be read. */
export function retryAfterSeconds(header: string | null, now: number = Date.now()): number | undefined {
  if (!header?.trim()) return undefined;
  const seconds = Number(header);
  const wait = Number.isNaN(seconds) ? (Date.parse(header) - now) / 1000 : seconds;
  return Number.isFinite(wait) ? Math.max(wait, 0) : undefined;
}

/** A service that wants to be left alone for longer is not asked again by the client itself. */
export const MOST_RETRY_AFTER_SECONDS = 60;

/**
 * Milliseconds to wait before the attempt after `attempt` (from 0): half a second, doubled each time up to eight, less up
 * to a quarter at random so that clients do not come back together; or what the service asks for, and up to a quarter
 * more. Undefined: that is too long to wait.
 */
export function retryDelay(
  attempt: number,
  retryAfter: number | undefined,
  random: () => number = Math.random,
): number | undefined {
  if (retryAfter === undefined) return Math.min(500 * 2 ** attempt, 8000) * (1 - random() / 4);
  if (retryAfter > MOST_RETRY_AFTER_SECONDS) return undefined;
  return retryAfter * 1000 * (1 + random() / 4);
}
