import type { InferenceObserver } from '../observer.js';
import type { DetectorCache, Room } from './detector-cache.js';
import type { Resident } from './resident.js';
import type { VersionResolver } from './version-resolver.js';

export interface DetectorSourceParts {
  cache: DetectorCache;
  resolver: VersionResolver;
  observer: InferenceObserver;
  now(): number;
}

/** Milliseconds until a version that could not be loaded is tried again while another one serves. */
const RETRY_SWAP_MS = 10_000;
/** References whose last version is remembered, at most. */
const MOST_REFERENCES = 10_000;

interface HeldResident {
  resident: Resident;
  release(): void;
}

/**
 * The detector that a reference means. When the reference was moved to another version, the previous one serves until the
 * new one is warm, so that nobody waits for it.
 */
export class DetectorSource {
  readonly #parts: DetectorSourceParts;
  /** The version that each reference was last served by. */
  readonly #serving: Map<string, string> = new Map();
  readonly #pinned: Map<string, { name: string; reference: string }> = new Map();
  /** Versions that could not be loaded, and when. */
  readonly #failed: Map<string, number> = new Map();
  readonly #swapping: Set<string> = new Set();

  constructor(parts: DetectorSourceParts) {
    this.#parts = parts;
  }

  /** A detector, held until `release` is called. */
  acquire(name: string, reference: string): Promise<HeldResident> {
    return this.#hold(() => this.#find(name, reference));
  }

  /** A version, held until `release` is called, for which no other detector that was asked for has to make room. */
  acquireSpare(name: string, version: string): Promise<HeldResident> {
    const room = { spare: true };
    return this.#hold(() => this.#parts.cache.load(name, version, room), room);
  }

  async #hold(find: () => Promise<Resident>, room: Room = {}): Promise<HeldResident> {
    const { cache } = this.#parts;
    for (;;) {
      const resident = await find();
      cache.check(resident);
      const release = cache.hold(resident, room);
      // Undefined when it had to make room at this very moment.
      if (release) return { resident, release };
    }
  }

  /** Loads the version that the reference means now, and with `pin` keeps whatever it means loaded from now on. */
  async load(name: string, reference: string, pin: boolean): Promise<Resident> {
    const { cache, resolver } = this.#parts;
    const version = await resolver.resolve(name, reference);
    const resident = await cache.load(name, version);
    this.#serve(`${name}@${reference}`, resident);
    if (pin) {
      this.#pinned.set(`${name}@${reference}`, { name, reference });
      cache.pin(resident, `${name}@${reference}`);
    }
    return resident;
  }

  /** Checks whether pinned references were moved, so that the new version is warm before it is asked for. */
  async refresh(): Promise<void> {
    await Promise.allSettled(
      [...this.#pinned.values()].map(({ name, reference }) => this.#find(name, reference)),
    );
  }

  async #find(name: string, reference: string): Promise<Resident> {
    const { cache, resolver } = this.#parts;
    const key = `${name}@${reference}`;
    const version = await resolver.resolve(name, reference);
    const current = cache.get(name, version);
    if (current) {
      this.#serve(key, current);
      return current;
    }
    const before = this.#serving.get(key);
    const old = before === undefined ? undefined : cache.get(name, before);
    if (!old) {
      const loaded = await cache.load(name, version);
      this.#serve(key, loaded);
      return loaded;
    }
    this.#swap(name, reference, version);
    return old;
  }

  #swap(name: string, reference: string, version: string): void {
    const { cache, now, observer } = this.#parts;
    const key = `${name}@${version}`;
    const failedAt = this.#failed.get(key);
    if (this.#swapping.has(key) || (failedAt !== undefined && now() - failedAt < RETRY_SWAP_MS)) return;
    this.#swapping.add(key);
    cache
      .load(name, version)
      .then(
        () => this.#failed.delete(key),
        (error: unknown) => {
          if (this.#failed.size >= MOST_REFERENCES) this.#failed.clear();
          this.#failed.set(key, now());
          observer.swapFailed?.({ name, reference, version, error });
        },
      )
      .finally(() => this.#swapping.delete(key));
  }

  #serve(key: string, resident: Resident): void {
    if (this.#pinned.has(key) && this.#serving.get(key) !== resident.version) {
      this.#parts.cache.pin(resident, key);
    }
    this.#serving.delete(key);
    this.#serving.set(key, resident.version);
    const [oldest] = this.#serving.keys();
    if (this.#serving.size > MOST_REFERENCES && oldest !== undefined) this.#serving.delete(oldest);
  }
}
