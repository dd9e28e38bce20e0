import { callerOf } from './ip-address.js';

/** How often a caller may ask: a bucket that fills with `perSecond` tokens up to `burst`; each request takes one. */
export interface Rate {
  perSecond: number;
  burst: number;
}

export interface RateState {
  allowed: boolean;
  /** Requests at once. */
  limit: number;
  /** Requests that may follow at once. */
  remaining: number;
  /** Seconds until one more is allowed, when none is. */
  retryAfterSeconds: number;
  /** Seconds until the bucket is full again. */
  resetSeconds: number;
}

interface Bucket {
  tokens: number;
  at: number;
}

/** Buckets at most; an attacker with many addresses must not fill the memory. */
const MOST_BUCKETS = 10_000;

/** Token buckets by caller. */
export class RateLimiter {
  readonly #rate: Rate | null;
  readonly #now: () => number;
  // In the order of use: the first is the one that was used longest ago.
  readonly #buckets: Map<string, Bucket> = new Map();

  /** @param rate Of callers without one of their own; null: no limit */
  constructor(rate: Rate | null, now: () => number) {
    this.#rate = rate;
    this.#now = now;
  }

  /** Takes a token. Undefined when the caller has no limit. Addresses of one IPv6 network are one caller. */
  take(name: string, own?: Rate): RateState | undefined {
    const caller = callerOf(name);
    const rate = own ?? this.#rate;
    if (!rate) return undefined;
    const now = this.#now();
    const found = this.#buckets.get(caller) ?? { tokens: rate.burst, at: now };
    // A clock that was set back gives nothing, and takes nothing either.
    const elapsed = Math.max(now - found.at, 0) / 1000;
    const tokens = Math.min(rate.burst, found.tokens + elapsed * rate.perSecond);
    const allowed = tokens >= 1;
    const left = allowed ? tokens - 1 : tokens;
    this.#buckets.delete(caller);
    this.#buckets.set(caller, { tokens: left, at: now });
    if (this.#buckets.size > MOST_BUCKETS) this.#forgetOldest();
    return {
      allowed,
      limit: rate.burst,
      remaining: Math.floor(left),
      retryAfterSeconds: Math.max(Math.ceil((1 - left) / rate.perSecond), 1),
      resetSeconds: Math.ceil((rate.burst - left) / rate.perSecond),
    };
  }

  get size(): number {
    return this.#buckets.size;
  }

  #forgetOldest(): void {
    for (const oldest of this.#buckets.keys()) {
      this.#buckets.delete(oldest);
      return;
    }
  }
}
