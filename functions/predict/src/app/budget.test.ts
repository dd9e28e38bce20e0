import { describe, expect, it } from 'vitest';
import { Budget } from './budget.js';

describe('Budget', () => {
  it('gives all or nothing, and takes back what was given', () => {
    const budget = new Budget(10);
    const [a, b] = [budget.claim('a'), budget.claim('b')];
    expect([a.take(6), b.take(5), b.take(4), budget.held]).toEqual([true, false, true, 10]);
    a.giveBack(2);
    expect([b.take(2), budget.held]).toEqual([true, 10]);
    a.release();
    a.release();
    expect([budget.held, a.take(1)]).toEqual([6, false]);
    b.giveBack(100);
    expect(budget.held).toBe(0);
  });

  it('lets nobody take more than a share, however many claims', () => {
    const budget = new Budget(10, { each: 3 });
    const claims = Array.from({ length: 4 }, () => budget.claim('one'));
    expect(claims.map((claim) => claim.take(1))).toEqual([true, true, true, false]);
    expect(budget.claim('another').take(3)).toBe(true);
    claims[0]?.release();
    expect(claims[3]?.take(1)).toBe(true);
  });

  it('tells whenever nothing is held any more how much was taken', () => {
    const told: number[] = [];
    const budget = new Budget(100, { onEmpty: (taken) => told.push(taken) });
    const [a, b] = [budget.claim('a'), budget.claim('b')];
    a.take(10);
    a.giveBack(10);
    expect(told).toEqual([10]);
    a.take(20);
    b.take(20);
    a.release();
    expect(told).toEqual([10]);
    b.release();
    b.release();
    expect(told).toEqual([10, 40]);
  });
});
