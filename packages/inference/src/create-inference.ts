import type { DeviceCandidate } from '@cflow/runtime';
import type { DeviceChoice, ShadowComparison } from '@cflow/spec';
import { Admission } from './admission/admission.js';
import { DetectorCache, type DetectorCacheOptions } from './detectors/detector-cache.js';
import { detectorMemory } from './detectors/detector-memory.js';
import { DetectorSource } from './detectors/detector-source.js';
import { loadedDetector } from './detectors/resident.js';
import { type InferenceRegistry, SettingsReader } from './detectors/settings-reader.js';
import { VersionResolver } from './detectors/version-resolver.js';
import type { ImageWork } from './images/image-work.js';
import type {
  InferenceRequest,
  InferenceResult,
  InferenceStatus,
  LoadedDetector,
  ShadowedInference,
} from './inference.js';
import { InferenceError } from './inference-error.js';
import type { InferenceObserver } from './observer.js';
import { type Core, predict } from './predict.js';
import { ShadowScoring } from './shadow/shadow-scoring.js';

export interface InferenceParts {
  registry: InferenceRegistry;
  /** The devices of this host, best first. */
  devices(): Promise<readonly DeviceCandidate[]>;
  device: DeviceChoice;
  images: ImageWork;
  /** Images that may wait or be scored at once. */
  capacity: number;
  /** Estimated bytes that detectors may take. */
  memoryBytes: number;
  /** Pixels of an overlay's longest side at most. */
  overlaySide: number;
  /** Milliseconds until an alias, or what is decided for a detector, is looked up again. */
  aliasFreshMs: number;
  /**
   * Whether what must stay loaded is looked up again while nobody asks. Default true; false where timers end with the
   * request that started them.
   */
  refresh?: boolean | undefined;
  /** What a detector takes in memory. Default: as measured on servers. */
  estimate?: DetectorCacheOptions['estimate'] | undefined;
  /** The memory of a device that has its own. */
  deviceMemory?: DetectorCacheOptions['deviceMemory'];
  observer: InferenceObserver;
  /** Milliseconds of a clock that never goes back. */
  now(): number;
  poolOptions: DetectorCacheOptions['poolOptions'];
  /** Every image of a request listens to one signal: of more than a few listeners some hosts warn unless told. */
  createAbortController(): AbortController;
}

/** An answer of the storage serves for so many times its fresh time while nobody asks. */
const STALE_FACTOR = 4;

/** The logic of the service, for any host: who may come in, which version serves, what is scored together. */
export function createInference(parts: InferenceParts): ShadowedInference {
  return new InferenceCore(parts);
}

/** Puts the parts together, and ends them. What happens to a request stands in `predict`. */
class InferenceCore implements ShadowedInference {
  readonly #core: Core;
  readonly #cache: DetectorCache;
  readonly #shadows: ShadowScoring;
  readonly #running: Set<Promise<unknown>> = new Set();
  readonly #refresh: ReturnType<typeof setInterval> | undefined;
  #closed: Promise<void> | undefined;

  constructor(parts: InferenceParts) {
    const { registry, aliasFreshMs: freshMs, now, observer } = parts;
    this.#cache = new DetectorCache({ ...parts, estimate: parts.estimate ?? detectorMemory });
    const resolver = new VersionResolver({ registry, freshMs, staleMs: STALE_FACTOR * freshMs, now });
    const detectors = new DetectorSource({ cache: this.#cache, resolver, observer, now });
    const settings = new SettingsReader({ registry, freshMs, now });
    const admission = new Admission(parts.capacity, now);
    this.#core = { ...parts, admission, detectors, settings };
    this.#shadows = new ShadowScoring({
      settings,
      resolver,
      observer,
      now,
      idle: () => admission.status.length === 0,
      score: (request) => this.#track(this.#predict(request, true)),
    });
    if (parts.refresh === false) return;
    this.#refresh = setInterval(() => void detectors.refresh(), freshMs);
    // On Node the timer must not keep the process alive.
    (this.#refresh as { unref?(): void }).unref?.();
  }

  predict(request: InferenceRequest): Promise<InferenceResult[]> {
    return this.#track(this.#answer(request));
  }

  readonly shadowed = (name: string): ShadowComparison[] => this.#shadows.of(name);

  async load(
    name: string,
    reference: string,
    { pin = true }: { pin?: boolean | undefined } = {},
  ): Promise<LoadedDetector> {
    this.#refuseClosed();
    const { detectors, settings } = this.#core;
    const loaded = await this.#track(detectors.load(name, reference, pin));
    // So that it is known when the storage is away later.
    await settings.of(name).catch(() => undefined);
    return loadedDetector(loaded);
  }

  status(): InferenceStatus {
    const residents = this.#cache.residents;
    return {
      queue: this.#core.admission.status,
      detectors: residents.map(loadedDetector),
      device: residents[0]?.pool.device,
      health: this.#cache.health,
    };
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    clearInterval(this.#refresh);
    this.#shadows.close();
    await Promise.allSettled(this.#running);
    await Promise.all([this.#cache.close(), this.#core.images.close()]);
  }

  #track<T>(work: Promise<T>): Promise<T> {
    this.#running.add(work);
    const forget = (): boolean => this.#running.delete(work);
    work.then(forget, forget);
    return work;
  }

  #refuseClosed(): void {
    if (this.#closed) throw new InferenceError('unavailable', 'the service is stopping; try again elsewhere');
  }

  async #answer(request: InferenceRequest): Promise<InferenceResult[]> {
    const results = await this.#predict(request, false);
    // Where no timer lasts, nothing does after an answer.
    if (this.#refresh !== undefined) this.#shadows.offer(request, results);
    return results;
  }

  async #predict(request: InferenceRequest, spare: boolean): Promise<InferenceResult[]> {
    this.#refuseClosed();
    return predict(this.#core, request, spare);
  }
}
