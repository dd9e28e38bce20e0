import { setTimeout as sleep } from 'node:timers/promises';

/** One side of a comparison. */
export interface Contender {
  name: string;
  /** Does the work once; milliseconds. */
  run(): Promise<number>;
}

export interface Effort {
  /** Seconds after which no further round starts. */
  seconds: number;
  /** Rounds to take whatever they last, and at most. The first round, which warms up, is not counted. */
  minRounds: number;
  maxRounds: number;
}

/** Threads of a library spin for a moment after their work is done: not on the next one's time. */
const PAUSE_MS = 20;

/**
 * Lets the contenders take turns, A B C A B C …, so that whatever else the machine does falls on all of them.
 * @returns the milliseconds of each, in the order of the contenders
 */
export async function alternate(contenders: readonly Contender[], effort: Effort): Promise<number[][]> {
  const samples: number[][] = contenders.map(() => []);
  let started = 0;
  for (let round = -1; round < effort.maxRounds; round++) {
    if (round === 0) started = performance.now();
    if (round >= effort.minRounds && performance.now() - started > 1000 * effort.seconds) break;
    for (const [index, contender] of contenders.entries()) {
      await sleep(PAUSE_MS);
      const elapsed = await contender.run();
      if (round >= 0) (samples[index] as number[]).push(elapsed);
    }
  }
  return samples;
}

/** Milliseconds that a promise takes to make. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** The value below which a share of the samples lies; linear between neighbors. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const low = sorted[Math.floor(place)]!;
  const high = sorted[Math.ceil(place)]!;
  return low + (high - low) * (place - Math.floor(place));
}

export const median = (samples: readonly number[]): number => quantile(samples, 0.5);
