import { describe, expect, it } from 'vitest';
import { CallPace } from './call-pace.js';

/** Calls of a device on which each costs an overhead and each step its time; noise is a share, up and down in turn. */
function callsOf(
  overhead: number,
  perStep: number,
  count: number,
  noise = 0,
): { steps: number; milliseconds: number }[] {
  const pace = new CallPace();
  return Array.from({ length: count }, (_, i) => {
    const steps = pace.steps(1000);
    const off = 1 + noise * [1, -1, 0.3, -0.6, 0.8][i % 5]!;
    const milliseconds = (overhead + perStep * steps) * off;
    pace.add(steps, milliseconds);
    return { steps, milliseconds };
  });
}
const shareOfSteps = (calls: readonly { steps: number; milliseconds: number }[], perStep: number): number =>
  calls.reduce((sum, { steps }) => sum + steps * perStep, 0) /
  calls.reduce((sum, { milliseconds }) => sum + milliseconds, 0);

describe('the steps of a call', () => {
  it.each([
    // Wide ResNet-50's layers on a card: 66, 205 and 708 MB of state, there and back.
    [130, 5],
    [410, 5.5],
    [1400, 6],
  ])('are many where a call costs %i ms and a step %d ms', (overhead, perStep) => {
    const calls = callsOf(overhead, perStep, 40);
    expect(calls[0]?.steps).toBe(1);
    expect(shareOfSteps(calls.slice(10), perStep)).toBeGreaterThanOrEqual(0.45);
    // Time and steps taken as one, it stays at one step for ever.
    if (overhead > 1000) expect(Math.round(1000 / (overhead + perStep))).toBe(1);
    for (const { milliseconds } of calls)
      expect(milliseconds).toBeLessThan(Math.max(2000, 2.2 * overhead) * 1.5);
  });

  it.each([
    [20, 50],
    [1, 3],
    [0, 200],
  ])('last about a second where a call costs %i ms and a step %d ms', (overhead, perStep) => {
    const calls = callsOf(overhead, perStep, 30);
    for (const { milliseconds } of calls.slice(8)) {
      expect(milliseconds).toBeGreaterThan(750);
      expect(milliseconds).toBeLessThan(1250);
    }
  });

  it('is one where a step takes longer than a call is to', () => {
    for (const { steps } of callsOf(100, 30_000, 10).slice(2)) expect(steps).toBe(1);
  });

  it.each([0.1, 0.3])('find the same with times that are off by %d', (noise) => {
    expect(shareOfSteps(callsOf(1400, 6, 60, noise).slice(15), 6)).toBeGreaterThan(0.35);
    for (const { steps } of callsOf(20, 50, 60, noise).slice(15)) {
      expect(steps).toBeGreaterThan(8);
      expect(steps).toBeLessThan(45);
    }
  });

  it('follow a device that becomes slower', () => {
    const pace = new CallPace();
    for (let call = 0; call < 40; call++) {
      const steps = pace.steps(1000);
      pace.add(steps, (call < 20 ? 10 : 40) * steps + 5);
    }
    expect(pace.steps(1000) * 40).toBeLessThan(2000);
  });
});
