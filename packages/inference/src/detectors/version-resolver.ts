import { CflowError } from '@cflow/spec';
import type { RegistryReader } from '@cflow/store';

export interface VersionResolverOptions {
  registry: Pick<RegistryReader, 'resolve'>;
  /** Milliseconds for which an answer counts as new. After it the storage is asked again, while the answer still serves. */
  freshMs: number;
  /** Milliseconds after which an answer that nobody has asked for in the meantime no longer serves. */
  staleMs: number;
  now(): number;
}

interface Known {
  version: string;
  /** When the storage was asked last, whatever came of it. */
  askedAt: number;
  asking: Promise<string> | undefined;
}

/** References remembered at most. */
const MOST_KNOWN = 10_000;

/**
 * Which version a reference means; while it is asked about often, nobody waits for the storage. A storage that cannot be
 * reached is asked again later, and until then its last answer counts.
 */
export class VersionResolver {
  readonly #options: VersionResolverOptions;
  readonly #known: Map<string, Known> = new Map();

  constructor(options: VersionResolverOptions) {
    this.#options = options;
  }

  /** Rejects as the registry's `resolve` does. */
  async resolve(name: string, reference: string): Promise<string> {
    const key = `${name}@${reference}`;
    const { freshMs, staleMs, now } = this.#options;
    const known = this.#known.get(key);
    if (!known) return this.#ask(key, name, reference);
    const age = now() - known.askedAt;
    if (age < freshMs) return known.version;
    const asking = known.asking ?? this.#ask(key, name, reference);
    if (age >= staleMs) return asking;
    // Nobody waits for it: the next request gets its error.
    asking.catch(() => undefined);
    return known.version;
  }

  async #ask(key: string, name: string, reference: string): Promise<string> {
    const { registry, now } = this.#options;
    const known = this.#known.get(key);
    const asking = registry.resolve(name, reference).then(
      (version) => {
        this.#remember(key, { version, askedAt: now(), asking: undefined });
        return version;
      },
      (error: unknown) => {
        const mayPass = CflowError.isInstance(error) && error.retryable;
        if (known && mayPass) {
          this.#remember(key, { version: known.version, askedAt: now(), asking: undefined });
          return known.version;
        }
        this.#known.delete(key);
        throw error;
      },
    );
    if (known) known.asking = asking;
    return asking;
  }

  #remember(key: string, known: Known): void {
    this.#known.delete(key);
    this.#known.set(key, known);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MOST_KNOWN && oldest !== undefined) this.#known.delete(oldest);
  }
}
