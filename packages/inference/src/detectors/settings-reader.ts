import { CflowError, type DetectorSettings } from '@cflow/spec';
import type { RegistryReader } from '@cflow/store';

/** What inference needs of a registry; without `settings` nothing can be decided. */
export type InferenceRegistry = Pick<RegistryReader, 'resolve' | 'bundle'> &
  Partial<Pick<RegistryReader, 'settings'>>;

export interface SettingsReaderOptions {
  registry: Pick<InferenceRegistry, 'settings'>;
  /** Milliseconds for which an answer counts as new. */
  freshMs: number;
  now(): number;
}

interface Known {
  value: DetectorSettings;
  askedAt: number;
}

/** Detectors remembered at most. */
const MOST_KNOWN = 1000;

/**
 * The settings in force for detectors, read now and then. Requests that come while they are read again do not wait; where
 * the storage cannot be reached, its last answer counts.
 */
export class SettingsReader {
  readonly #options: SettingsReaderOptions;
  readonly #known: Map<string, Known> = new Map();

  constructor(options: SettingsReaderOptions) {
    this.#options = options;
  }

  /** Rejects as the registry does, where it never answered. */
  async of(name: string): Promise<DetectorSettings | undefined> {
    const { registry, freshMs, now } = this.#options;
    if (!registry.settings) return undefined;
    const known = this.#known.get(name);
    if (known && now() - known.askedAt < freshMs) return known.value;
    // Each request waits for an answer of its own: on some hosts one request cannot wait for what another has begun.
    if (known) known.askedAt = now();
    try {
      const value = await registry.settings(name);
      this.#remember(name, { value, askedAt: now() });
      return value;
    } catch (error) {
      if (known && CflowError.isInstance(error) && error.retryable) return known.value;
      throw error;
    }
  }

  /** What was last heard of it; asks nobody. */
  known(name: string): DetectorSettings | undefined {
    return this.#known.get(name)?.value;
  }

  #remember(name: string, known: Known): void {
    this.#known.delete(name);
    this.#known.set(name, known);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MOST_KNOWN && oldest !== undefined) this.#known.delete(oldest);
  }
}
