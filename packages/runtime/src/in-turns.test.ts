import { expect, it } from 'vitest';
import { inTurns } from './in-turns.js';

function* steps(count: number, ms: number): Generator<void, number> {
  for (let i = 0; i < count; i++) {
    const until = performance.now() + ms;
    while (performance.now() < until);
    yield;
  }
  return count;
}

it('takes steps to their end, and others have turns meanwhile', async () => {
  let turns = 0;
  const others = setInterval(() => turns++, 0);
  expect(await inTurns(steps(60, 2))).toBe(60);
  clearInterval(others);
  expect(turns).toBeGreaterThan(4);
});

it('gives the error of a step to whoever waits', async () => {
  const failing = (function* (): Generator<void, never> {
    yield;
    throw new Error('refused');
  })();
  await expect(inTurns(failing)).rejects.toThrow('refused');
});
