import type { FoundLease } from './attempts.js';

export interface LeaseWatchOptions {
  leaseSeconds: number;
  /** Whether this process alone has the database: then a lease is dead when its worker is not among `workers`. */
  exclusive: boolean;
  /** Ids of this process's workers. */
  workers(): readonly string[];
  /** Milliseconds of a clock that is never set. Default `performance.now`. */
  now?: (() => number) | undefined;
}

/** Of a lease, that a lease must have stayed as it is, as the database's clock says that it has run out. */
const SEEN = 0.5;
/** The same, whatever that clock says. */
const SEEN_ANYWAY = 1.5;

/**
 * Which leases are dead. A clock that is set forward makes all of them run out at once, and set back keeps those of dead
 * workers alive; but workers renew theirs after a third of their time. So what counts, beside the database's clock, is
 * how long a lease was seen not to change.
 */
export class LeaseWatch {
  readonly #options: LeaseWatchOptions;
  /** When a lease was first seen as it is. */
  #since: ReadonlyMap<string, number> = new Map();

  constructor(options: LeaseWatchOptions) {
    this.#options = options;
  }

  /** @param leases all that there are just now */
  dead(leases: readonly FoundLease[]): FoundLease[] {
    const { leaseSeconds, exclusive, workers, now = () => performance.now() } = this.#options;
    if (exclusive) {
      const own = new Set(workers());
      return leases.filter(({ worker }) => !own.has(worker));
    }
    const time = now();
    const since = new Map<string, number>();
    const found = leases.filter((lease) => {
      const key = `${lease.id}/${lease.attempt}/${lease.lease_until}`;
      const first = this.#since.get(key) ?? time;
      since.set(key, first);
      const seen = (time - first) / 1000 / leaseSeconds;
      return seen >= SEEN_ANYWAY || (lease.ran_out && seen >= SEEN);
    });
    this.#since = since;
    return found;
  }
}
