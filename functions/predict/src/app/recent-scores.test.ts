import { describe, expect, it } from 'vitest';
import { RecentScores } from './recent-scores.js';

describe('RecentScores', () => {
  it('keeps the last 1000 of each version, and since when', () => {
    const recent = new RecentScores();
    for (let i = 0; i < 1500; i++) recent.add('wood', 'v1', i, 10_000 + i);
    recent.add('wood', 'v2', 7, 99);
    const { scores, since } = recent.of('wood', 'v1');
    expect([...scores].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => 500 + i));
    expect(since).toBe(10_500);
    expect(recent.of('wood', 'v2')).toEqual({ scores: new Float64Array([7]), since: 99 });
    expect(recent.of('steel', 'v1')).toEqual({ scores: new Float64Array(0), since: undefined });
  });

  it('forgets the versions that were used longest ago', () => {
    const recent = new RecentScores();
    for (let i = 0; i < 300; i++) {
      recent.add('wood', `v${i}`, i, i);
      recent.add('wood', 'v0', 0, i);
    }
    expect(recent.of('wood', 'v1').scores).toHaveLength(0);
    expect(recent.of('wood', 'v299').scores).toHaveLength(1);
    expect(recent.of('wood', 'v0').scores).toHaveLength(301);
  });
});
