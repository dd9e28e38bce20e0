import { nextTurn } from './next-turn.js';

/** Milliseconds of steps before others have a turn. */
const TURN_MS = 8;

/** Takes steps to their end, and lets everything else that waits for this thread have its turn every few milliseconds. */
export async function inTurns<Result>(steps: Generator<void, Result>): Promise<Result> {
  for (let began = performance.now(); ; ) {
    const { done, value } = steps.next();
    if (done) return value;
    if (performance.now() - began < TURN_MS) continue;
    await nextTurn();
    began = performance.now();
  }
}
