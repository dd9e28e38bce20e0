import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { memoryReturn } from './memory-return.js';

const MEGABYTE = 2 ** 20;
beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('collects in the first pause after much was held, at once or little by little', () => {
  const collect = vi.fn();
  const giveBack = memoryReturn(collect);
  giveBack(100 * MEGABYTE);
  vi.advanceTimersByTime(900);
  giveBack(1);
  vi.advanceTimersByTime(900);
  expect(collect).not.toHaveBeenCalled();
  vi.advanceTimersByTime(200);
  expect(collect).toHaveBeenCalledOnce();

  for (let i = 0; i < 70; i++) giveBack(MEGABYTE);
  vi.advanceTimersByTime(1100);
  expect(collect).toHaveBeenCalledTimes(2);
});

it('does not for little', () => {
  const collect = vi.fn();
  memoryReturn(collect)(MEGABYTE);
  vi.advanceTimersByTime(5000);
  expect(collect).not.toHaveBeenCalled();
});
