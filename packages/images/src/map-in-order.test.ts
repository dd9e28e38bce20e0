import { describe, expect, it } from 'vitest';
import { mapInOrder } from './map-in-order.js';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('mapInOrder', () => {
  it('keeps the order though later items end first', async () => {
    const results: number[] = [];
    const work = async (n: number): Promise<number> => {
      await pause((5 - (n % 5)) * 3);
      return n * n;
    };
    for await (const r of mapInOrder([0, 1, 2, 3, 4, 5, 6], work, { concurrency: 4 })) results.push(r);
    expect(results).toEqual([0, 1, 4, 9, 16, 25, 36]);
  });

  it.each([1, 3, 8])('never works further ahead than %i', async (concurrency) => {
    let started = 0;
    let taken = 0;
    let furthest = 0;
    const work = async (): Promise<void> => {
      furthest = Math.max(furthest, ++started - taken);
      await pause(1);
    };
    for await (const _ of mapInOrder(Array.from({ length: 20 }), work, { concurrency })) {
      taken++;
      await pause(2);
    }
    expect(furthest).toBe(concurrency);
    expect(taken).toBe(20);
  });

  it('ends with the first error in the order of the items, after the work under way', async () => {
    const finished: number[] = [];
    const work = async (n: number): Promise<number> => {
      await pause(n === 1 ? 10 : 1);
      finished.push(n);
      if (n >= 1) throw new Error(`item ${n}`);
      return n;
    };
    const seen: number[] = [];
    const run = async (): Promise<void> => {
      for await (const n of mapInOrder([0, 1, 2], work, { concurrency: 3 })) seen.push(n);
    };
    await expect(run()).rejects.toThrow('item 1');
    expect(seen).toEqual([0]);
    expect(finished.sort()).toEqual([0, 1, 2]);
  });

  it('stops with the reason of the signal', async () => {
    const stop = new AbortController();
    const run = async (): Promise<void> => {
      for await (const n of mapInOrder([0, 1, 2, 3], async (n) => n, {
        concurrency: 2,
        signal: stop.signal,
      })) {
        if (n === 1) stop.abort(new Error('enough'));
      }
    };
    await expect(run()).rejects.toThrow('enough');
  });

  it('starts nothing more when the loop is left', async () => {
    let started = 0;
    const work = async (n: number): Promise<number> => {
      started++;
      return n;
    };
    for await (const _ of mapInOrder([0, 1, 2, 3, 4, 5], work, { concurrency: 2 })) break;
    await pause(5);
    expect(started).toBe(2);
  });
});
