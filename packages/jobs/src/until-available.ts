import { setTimeout } from 'node:timers/promises';
import { isUnavailable } from './jobs-error.js';

const FIRST_MS = 100;
const LONGEST_MS = 2_000;

/** Calls again, ever more slowly, for as long as the database is not available and the signal lets it. */
export async function untilAvailable<T>(call: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let wait = FIRST_MS; ; wait = Math.min(LONGEST_MS, wait * 2)) {
    try {
      return await call();
    } catch (error) {
      if (!isUnavailable(error) || signal.aborted) throw error;
      await setTimeout(wait, undefined, { signal }).catch(() => {});
      if (signal.aborted) throw error;
    }
  }
}
