import type { ComparedVersion } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import { proposalFor } from './proposal.js';

const version = (falseAlarms: number, found: number, imageAuroc: number | null = 0.9): ComparedVersion => ({
  version: null,
  threshold: 1,
  falseAlarms,
  found,
  imageAuroc,
});
const between = (old: ComparedVersion, next: ComparedVersion) =>
  proposalFor({ good: 20, bad: 10, old, new: next });

describe('what is proposed', () => {
  it('is the version with fewer mistakes, of whichever kind', () => {
    expect(between(version(3, 8), version(1, 8))).toEqual({
      proposal: 'promote',
      reason:
        'fewer mistakes: 8 of 10 bad parts found instead of 8, 1 of 20 good parts called bad instead of 3',
    });
    expect(between(version(3, 8), version(3, 9)).proposal).toBe('promote');
    expect(between(version(3, 8), version(2, 9)).proposal).toBe('promote');
    expect(between(version(1, 8), version(2, 8)).proposal).toBe('keep');
    expect(between(version(1, 8), version(2, 7)).proposal).toBe('keep');
  });

  it('says nothing of parts that there are none of', () => {
    const { reason } = proposalFor({ good: 0, bad: 10, old: version(0, 7, null), new: version(0, 8, null) });
    expect(reason).toBe('fewer mistakes: 8 of 10 bad parts found instead of 7');
  });

  it('is left to people where one kind became fewer and the other more', () => {
    expect(between(version(1, 8), version(3, 10)).proposal).toBe('weigh');
    expect(between(version(3, 10), version(1, 8)).proposal).toBe('weigh');
  });

  it('goes by how far good and bad lie apart where mistakes are as many, and keeps what is there in doubt', () => {
    expect(between(version(1, 8, 0.9), version(1, 8, 0.95)).proposal).toBe('promote');
    expect(between(version(1, 8, 0.9), version(1, 8, 0.85)).proposal).toBe('keep');
    expect(between(version(1, 8, 0.9), version(1, 8, 0.902)).proposal).toBe('keep');
    expect(between(version(0, 0, null), version(0, 0, null)).proposal).toBe('keep');
    const nothing = version(0, 0, null);
    expect(proposalFor({ good: 0, bad: 0, old: nothing, new: nothing }).proposal).toBe('unknown');
  });
});
