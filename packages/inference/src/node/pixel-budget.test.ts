import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { PixelBudget, type PixelShare, releasePixels, takePixels } from './pixel-budget.js';

const MEGABYTE = 2 ** 20;

describe('PixelBudget', () => {
  it('has room for so many bytes of all threads together, and asks whoever waited for long to come again', () => {
    const budget = new PixelBudget(10 * MEGABYTE);
    const [one, two] = [budget.share(), budget.share()];
    takePixels(one, 8 * MEGABYTE);
    expect(budget.held).toBe(8 * MEGABYTE);
    expect(() => takePixels(two, 3 * MEGABYTE, 20)).toThrow(
      expect.objectContaining({ code: 'queue-full', retryable: true }),
    );
    expect(budget.held).toBe(8 * MEGABYTE);
    takePixels(two, 2 * MEGABYTE, 0);
    releasePixels(one);
    releasePixels(one);
    expect(budget.held).toBe(2 * MEGABYTE);
    releasePixels(two);
    expect(budget.held).toBe(0);
  });

  it('takes one image of any size when there is no other, and what a thread needs besides that it has', () => {
    const budget = new PixelBudget(MEGABYTE);
    const [one, two] = [budget.share(), budget.share()];
    takePixels(one, 5 * MEGABYTE, 0);
    takePixels(one, 5 * MEGABYTE, 0);
    expect(() => takePixels(two, 1, 0)).toThrow(/try again/);
    releasePixels(one);
    takePixels(two, 1, 0);
  });

  it('wakes a thread that waits for room', async () => {
    const budget = new PixelBudget(MEGABYTE);
    const own = budget.share();
    takePixels(own, MEGABYTE);
    // What the thread runs is the same wait; a source file cannot be loaded there.
    const waiting = budget.share();
    const worker = new Worker(
      `const { workerData: { total }, parentPort } = require('node:worker_threads');
       parentPort.postMessage('waits');
       const now = Atomics.load(total, 0);
       parentPort.postMessage(Atomics.wait(total, 0, now, 20_000));`,
      { eval: true, execArgv: [], workerData: waiting satisfies PixelShare },
    );
    const said: unknown[] = [];
    const done = new Promise<void>((resolve) =>
      worker.on('message', (message) => {
        said.push(message);
        if (message === 'waits') setTimeout(() => releasePixels(own), 50);
        else resolve();
      }),
    );
    await done;
    expect(said[1]).toMatch(/^(?:ok|not-equal)$/);
    await worker.terminate();
  });
});
