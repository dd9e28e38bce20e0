import type { DeviceCandidate } from '@cflow/runtime';
import type { DeviceChoice } from '@cflow/spec';
import { Admission } from './admission/admission.js';
import { DetectorCache, type DetectorCacheOptions } from './detectors/detector-cache.js';
import { detectorMemory } from './detectors/detector-memory.js';
import { DetectorSource } from './detectors/detector-source.js';
import { loadedDetector } from './detectors/resident.js';
import { type InferenceRegistry, SettingsReader } from './detectors/settings-reader.js';
import { VersionResolver } from './detectors/version-resolver.js';
import type { ImageWork } from './images/image-work.js';
import type { InferenceRequest, InferenceResult, ShadowedInference } from './inference.js';
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
  /** Most pixels along an overlay's longest side. */
  overlaySide: number;
  /** Milliseconds until an alias, or the settings of a detector, are looked up again. */
  aliasFreshMs: number;
  /**
   * Whether pinned references are looked up again while nobody asks. Default true; false where timers end with the request
   * that started them.
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
  /** Every image of a request listens to one signal, and some hosts warn about more than a few listeners unless told. */
  createAbortController(): AbortController;
  /** Ends what the host started for it; called once, when nothing is being scored any more. */
  ended?: (() => void) | undefined;
}

/** While nobody asks, an answer of the storage serves for this many times the time that it counts as fresh. */
const STALE_FACTOR = 4;

/** The logic of the service, for any host: who may come in, which version serves, what is scored together. */
export function createInference(parts: InferenceParts): ShadowedInference {
  const { registry, aliasFreshMs: freshMs, now, observer } = parts;
  const cache = new DetectorCache({ ...parts, estimate: parts.estimate ?? detectorMemory });
  const resolver = new VersionResolver({ registry, freshMs, staleMs: STALE_FACTOR * freshMs, now });
  const detectors = new DetectorSource({ cache, resolver, observer, now });
  const settings = new SettingsReader({ registry, freshMs, now });
  const admission = new Admission(parts.capacity, now);
  const core: Core = { ...parts, admission, detectors, settings };
  const running = new Set<Promise<unknown>>();
  let closed: Promise<void> | undefined;

  const track = <T>(work: Promise<T>): Promise<T> => {
    running.add(work);
    const forget = (): boolean => running.delete(work);
    work.then(forget, forget);
    return work;
  };
  const refuseClosed = (): void => {
    if (closed) throw new InferenceError('unavailable', 'the service is stopping; try again elsewhere');
  };
  const score = async (request: InferenceRequest, spare: boolean): Promise<InferenceResult[]> => {
    refuseClosed();
    return predict(core, request, spare);
  };

  const shadows = new ShadowScoring({
    settings,
    resolver,
    observer,
    now,
    idle: () => admission.status.length === 0,
    score: (request) => track(score(request, true)),
  });
  const refreshing =
    parts.refresh === false ? undefined : setInterval(() => void detectors.refresh(), freshMs);
  // On Node the timer must not keep the process alive.
  (refreshing as { unref?(): void } | undefined)?.unref?.();

  const answer = async (request: InferenceRequest): Promise<InferenceResult[]> => {
    const results = await score(request, false);
    observer.answered?.(results);
    // Where no timer outlives a request, nothing can be scored after its answer.
    if (refreshing !== undefined) shadows.offer(request, results);
    return results;
  };
  const close = async (): Promise<void> => {
    clearInterval(refreshing);
    shadows.close();
    await Promise.allSettled(running);
    await Promise.all([cache.close(), parts.images.close()]);
    parts.ended?.();
  };

  return {
    predict: (request) => track(answer(request)),
    async load(name, reference, { pin = true } = {}) {
      refuseClosed();
      const loaded = await track(detectors.load(name, reference, pin));
      // Remembered for when the storage cannot be reached later.
      await settings.of(name).catch(() => undefined);
      return loadedDetector(loaded);
    },
    status: () => ({
      queue: admission.status,
      detectors: cache.residents.map(loadedDetector),
      device: cache.residents[0]?.pool.device,
      health: cache.health,
    }),
    shadowed: (name) => shadows.of(name),
    close: () => {
      closed ??= close();
      return closed;
    },
  };
}
