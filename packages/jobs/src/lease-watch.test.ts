import { describe, expect, it } from 'vitest';
import type { FoundLease } from './attempts.js';
import { LeaseWatch } from './lease-watch.js';

const lease = (id: string, changes: Partial<FoundLease> = {}): FoundLease => ({
  id,
  attempt: 1,
  worker: `worker of ${id}`,
  lease_until: '2026-01-01 00:00:30+00',
  ran_out: false,
  ...changes,
});

describe('the watch over leases', () => {
  const watch = (workers: readonly string[] = [], exclusive = false) => {
    const clock = { seconds: 0 };
    const options = { leaseSeconds: 30, exclusive, workers: () => workers, now: () => clock.seconds * 1000 };
    const watched = new LeaseWatch(options);
    const dead = (at: number, ...leases: FoundLease[]): string[] => {
      clock.seconds = at;
      return watched.dead(leases).map(({ id }) => id);
    };
    return dead;
  };

  it('takes none that is renewed, although the clock of the database says that all have run out', () => {
    const dead = watch();
    // Set forward by an hour: until the next renewals every lease has run out, and after them again none has.
    for (let at = 0; at <= 600; at += 10) {
      const renewed = `renewed at ${at - (at % 20)}`;
      expect(dead(at, lease('a', { lease_until: renewed, ran_out: at % 20 === 10 }))).toEqual([]);
    }
  });

  it('takes one that has run out and stays as it is for half of its time', () => {
    const dead = watch();
    expect(dead(0, lease('a', { ran_out: true }), lease('b'))).toEqual([]);
    expect(dead(14, lease('a', { ran_out: true }), lease('b'))).toEqual([]);
    expect(dead(16, lease('a', { ran_out: true }), lease('b'))).toEqual(['a']);
  });

  it('takes one that nobody renews although the clock was set back', () => {
    const dead = watch();
    expect(dead(0, lease('a'), lease('b'))).toEqual([]);
    expect(dead(40, lease('a'), lease('b', { lease_until: 'later' }))).toEqual([]);
    expect(dead(46, lease('a'), lease('b', { lease_until: 'later' }))).toEqual(['a']);
  });

  it('begins anew with every attempt, and forgets those that are gone', () => {
    const dead = watch();
    expect(dead(0, lease('a', { ran_out: true }))).toEqual([]);
    expect(dead(20, lease('a', { attempt: 2, ran_out: true }))).toEqual([]);
    expect(dead(21)).toEqual([]);
    expect(dead(60, lease('a', { attempt: 2, ran_out: true }))).toEqual([]);
  });

  it('knows at once who is gone where the database is its own', () => {
    const dead = watch(['worker of a'], true);
    expect(dead(0, lease('a', { ran_out: true }), lease('b'))).toEqual(['b']);
  });
});
