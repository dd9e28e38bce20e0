import { describe, expect, it } from 'vitest';
import { answerError } from './answer-error.js';
import { ApiPromise } from './api-promise.js';
import { retryAfterSeconds, retryDelay } from './retry-after.js';

describe('Retry-After', () => {
  const now = Date.UTC(2026, 0, 1);

  it('is a number of seconds or a date', () => {
    expect(retryAfterSeconds('3', now)).toBe(3);
    expect(retryAfterSeconds('0', now)).toBe(0);
    expect(retryAfterSeconds('-3', now)).toBe(0);
    expect(retryAfterSeconds('Thu, 01 Jan 2026 00:00:30 GMT', now)).toBe(30);
    expect(retryAfterSeconds('Thu, 01 Jan 2020 00:00:30 GMT', now)).toBe(0);
    for (const nothing of [null, '', ' ', 'soon', 'Infinity']) {
      expect(retryAfterSeconds(nothing, now)).toBeUndefined();
    }
  });

  it('is waited for and a little more; without it, longer each time', () => {
    expect([0, 1, 2, 3, 4, 5].map((attempt) => retryDelay(attempt, undefined, () => 0))).toEqual([
      500, 1000, 2000, 4000, 8000, 8000,
    ]);
    expect(retryDelay(0, undefined, () => 1)).toBe(375);
    expect(retryDelay(5, 2, () => 0)).toBe(2000);
    expect(retryDelay(0, 2, () => 1)).toBe(2500);
    expect(retryDelay(0, 60, () => 0)).toBe(60_000);
    expect(retryDelay(0, 61)).toBeUndefined();
  });
});

describe('ApiPromise', () => {
  const answer = { data: 1, response: new Response(), requestId: 'r-1' };

  it('is a promise of the data that also gives the response', async () => {
    const promise = new ApiPromise(Promise.resolve(answer));
    expect(promise).toBeInstanceOf(Promise);
    expect(await promise).toBe(1);
    expect(await promise.withResponse()).toEqual(answer);
    expect(await promise.map((data) => data + 1).withResponse()).toEqual({ ...answer, data: 2 });
    expect(await Promise.all([promise, promise.then((data) => data + 2)])).toEqual([1, 3]);
    let last = 0;
    expect(await promise.finally(() => last++)).toBe(1);
    expect(last).toBe(1);
  });

  it('rejects once, for whoever waits for it', async () => {
    const failing = () => new ApiPromise<number>(Promise.reject(new Error('no')));
    await expect(failing()).rejects.toThrow('no');
    await expect(failing().withResponse()).rejects.toThrow('no');
    await expect(failing().map(() => 1)).rejects.toThrow('no');
    expect(await failing().catch(() => 7)).toBe(7);
  });
});

describe('answerError', () => {
  it.each([
    [408, true],
    [429, true],
    [500, true],
    [501, false],
    [503, true],
    [404, false],
  ])('of status %i may be retried: %s', (status, retryable) => {
    expect(answerError(new Response('', { status }), '', 'GET /').retryable).toBe(retryable);
  });
});
