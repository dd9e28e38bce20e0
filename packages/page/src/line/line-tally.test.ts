import { describe, expect, it } from 'vitest';
import { LineTally, rulesOf, ruleWords } from './line-tally.js';

describe('LineTally', () => {
  it('counts by the rules, keeps the last twenty, and stops until somebody goes on', () => {
    const rules = rulesOf({ n: 2, m: 3, hold: 0, stop: 3 });
    expect(ruleWords(rules)).toBe('NG when 2 of the last 3 are · stop after 3 NG in a row');
    expect(ruleWords(rulesOf({ n: 1, m: 1, hold: 2, stop: 0 }))).toBe(
      'each part for itself · NG held for 2 s',
    );
    const tally = new LineTally(rules);
    const add = (label: 'good' | 'bad') => tally.add({ label, falseAlarmProbability: 0.5 }, 0).verdict;
    expect((['good', 'bad', 'bad', 'bad'] as const).map(add)).toEqual(['good', 'good', 'bad', 'bad']);
    expect([tally.good, tally.bad, tally.parts, tally.alarms]).toEqual([2, 2, 4, ['stop']]);
    tally.goOn();
    expect([add('bad'), tally.alarms]).toEqual(['good', []]);
    for (let i = 0; i < 30; i++) add('good');
    expect(tally.last).toHaveLength(20);
    expect(tally.last[0]?.number).toBe(35);
  });
});
