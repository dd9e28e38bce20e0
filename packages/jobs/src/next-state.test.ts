import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WAITING } from './job-row.js';
import { type Ending, nextState } from './next-state.js';

const error = { code: 'training', message: 'out of memory' } as const;
const result = { name: 'wood', version: 'a'.repeat(64), metrics: null };
const endings: Ending[] = [
  { type: 'succeeded', result },
  { type: 'failed', error, retryable: true },
  { type: 'failed', error, retryable: false },
  { type: 'cancelled' },
  { type: 'released' },
  { type: 'lost' },
];

function row(failures: number, maxAttempts: number, cancelRequested = false) {
  return {
    attempt: failures + 1,
    failures,
    cancel_requested: cancelRequested,
    progress: WAITING,
    request: { maxAttempts },
  };
}

describe('nextState', () => {
  it('waits twice as long after each failure, up to an hour and a quarter', () => {
    const delays = [0, 1, 2, 20].map(
      (failures) =>
        nextState(row(failures, 30), { type: 'lost' }, { retryDelaySeconds: 10, random: 0 }).delaySeconds,
    );
    expect(delays).toEqual([10, 20, 40, 3600]);
    const stretched = nextState(row(20, 30), { type: 'lost' }, { retryDelaySeconds: 10, random: 0.999 });
    expect(stretched.delaySeconds).toBeLessThan(4500);
  });

  it('always ends: no attempt is made after the last, after a cancellation, or after a final error', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 9 }),
        fc.integer({ min: 1, max: 10 }),
        fc.boolean(),
        fc.constantFrom(...endings),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (failures, maxAttempts, cancelRequested, ending, random) => {
          fc.pre(failures < maxAttempts);
          const next = nextState(row(failures, maxAttempts, cancelRequested), ending, {
            retryDelaySeconds: 1,
            random,
          });
          expect(next.result).toEqual(ending.type === 'succeeded' ? result : null);
          expect(next.error !== null).toBe(next.status === 'failed');
          expect(next.retry !== undefined).toBe(next.status === 'queued');
          if (next.status !== 'queued') return;
          expect(cancelRequested).toBe(false);
          expect(next.failures).toBeLessThan(maxAttempts);
          expect(next.failures).toBe(ending.type === 'released' ? failures : failures + 1);
        },
      ),
    );
  });

  it('lets a result count that came in spite of a cancellation', () => {
    const next = nextState(
      row(0, 1, true),
      { type: 'succeeded', result },
      { retryDelaySeconds: 1, random: 0 },
    );
    expect(next.status).toBe('succeeded');
  });
});
