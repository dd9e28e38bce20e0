import {
  backboneKey,
  type ImageInput,
  imageInput,
  pixelThreshold,
  pixelThresholdOf,
  scoreThreshold,
  verdictOf,
  warningsOf,
} from '@cflow/detector';
import { fittedSize } from '@cflow/images';
import type { DeviceCandidate } from '@cflow/runtime';
import {
  CflowError,
  ConfigurationError,
  type DeviceChoice,
  DeviceError,
  ImageError,
  type Mask,
  type ShadowComparison,
  type Span,
} from '@cflow/spec';
import { ignoredBy, settledOptions } from '@cflow/store';
import { Admission } from './admission/admission.js';
import type { RawOutput, Row } from './batches/batch.js';
import { DetectorCache, type DetectorCacheOptions, type Resident } from './detectors/detector-cache.js';
import { detectorMemory } from './detectors/detector-memory.js';
import { DetectorSource } from './detectors/detector-source.js';
import { type InferenceRegistry, SettingsReader } from './detectors/settings-reader.js';
import { VersionResolver } from './detectors/version-resolver.js';
import type { ImageWork, PreparedImage } from './images/image-work.js';
import { inSpan } from './in-span.js';
import type {
  InferenceRequest,
  InferenceResult,
  InferenceStatus,
  LoadedDetector,
  ShadowedInference,
} from './inference.js';
import { abortReason, InferenceError, orAborted } from './inference-error.js';
import type { InferenceObserver } from './observer.js';
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

interface Held {
  resident: Resident;
  release(): void;
}

/** An answer of the storage serves for so many times its fresh time while nobody asks. */
const STALE_FACTOR = 4;

/** The logic of the service, for any host: who may come in, which version serves, what is scored together. */
export function createInference(parts: InferenceParts): ShadowedInference {
  return new InferenceCore(parts);
}

class InferenceCore implements ShadowedInference {
  readonly #parts: InferenceParts;
  readonly #admission: Admission;
  readonly #cache: DetectorCache;
  readonly #detectors: DetectorSource;
  readonly #settings: SettingsReader;
  readonly #shadows: ShadowScoring;
  readonly #running: Set<Promise<unknown>> = new Set();
  readonly #refresh: ReturnType<typeof setInterval> | undefined;
  #closed: Promise<void> | undefined;

  constructor(parts: InferenceParts) {
    this.#parts = parts;
    const { registry, aliasFreshMs: freshMs, now, observer } = parts;
    this.#admission = new Admission(parts.capacity, now);
    this.#cache = new DetectorCache({ ...parts, estimate: parts.estimate ?? detectorMemory });
    const resolver = new VersionResolver({ registry, freshMs, staleMs: STALE_FACTOR * freshMs, now });
    this.#detectors = new DetectorSource({ cache: this.#cache, resolver, observer, now });
    this.#settings = new SettingsReader({ registry, freshMs, now });
    this.#shadows = new ShadowScoring({
      settings: this.#settings,
      resolver,
      observer,
      now,
      idle: () => this.#admission.status.length === 0,
      score: (request) => this.#track(this.#predict(request, true)),
    });
    if (parts.refresh === false) return;
    this.#refresh = setInterval(() => void this.#detectors.refresh(), freshMs);
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
    const loaded = await this.#track(this.#detectors.load(name, reference, pin));
    // So that it is known when the storage is away later.
    await this.#settings.of(name).catch(() => undefined);
    return loadedDetector(loaded);
  }

  status(): InferenceStatus {
    const residents = this.#cache.residents;
    return {
      queue: this.#admission.status,
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
    await Promise.all([this.#cache.close(), this.#parts.images.close()]);
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
    const results = await this.#predict(request);
    // Where no timer lasts, nothing does after an answer.
    if (this.#parts.refresh !== false) this.#shadows.offer(request, results);
    return results;
  }

  /** @param spare With what nobody else needs: it takes no place in the queue, and no detector makes room for it. */
  async #predict(request: InferenceRequest, spare = false): Promise<InferenceResult[]> {
    this.#refuseClosed();
    const { images, detectors, options } = request;
    if (images.length === 0 || detectors.length === 0) {
      throw new ConfigurationError('a request needs at least one image and one detector');
    }
    if (request.signal.aborted) throw abortReason(request.signal);
    const ticket = spare ? undefined : this.#admission.enter(images.length);
    // One image that fails ends the request: the others are not scored for nothing.
    const failed = this.#parts.createAbortController();
    const { signal } = failed;
    const abort = (): void => failed.abort(request.signal.reason);
    request.signal.addEventListener('abort', abort, { once: true });
    const held: Held[] = [];
    const acquired = detectors.map(async ({ name, reference }) => {
      const each = await (spare
        ? this.#detectors.acquireSpare(name, reference)
        : this.#detectors.acquire(name, reference));
      if (signal.aborted) each.release();
      else held.push(each);
      // Before anything is scored for nothing.
      await this.#settings.of(name);
      return each.resident;
    });
    try {
      this.#parts.images.warm();
      const residents = await inSpan(request.span?.begin('detector'), () =>
        orAborted(Promise.all(acquired), signal),
      );
      for (const resident of residents) requireDevice(resident, options.device);
      const results = await Promise.all(
        images.map(async (_, index) => {
          const result = await inSpan(
            request.span?.begin('image', { attributes: { 'cflow.image': index } }),
            (span) => this.#image(request, index, residents, signal, span),
          );
          ticket?.leave(1, true);
          return result;
        }),
      );
      return results.flat();
    } catch (error) {
      throw request.signal.aborted ? abortReason(request.signal) : error;
    } finally {
      request.signal.removeEventListener('abort', abort);
      failed.abort(new InferenceError('unavailable', 'another image of the request failed'));
      ticket?.leave(images.length, false);
      for (const { release } of held) release();
    }
  }

  async #image(
    { images, options }: InferenceRequest,
    index: number,
    residents: readonly Resident[],
    signal: AbortSignal,
    span: Span | undefined,
  ): Promise<InferenceResult[]> {
    const { images: work, overlaySide, observer, now } = this.#parts;
    const { image, ignore } = images[index] as InferenceRequest['images'][number];
    const owners = rowsOf(residents);
    const inputs = owners.map(([first]) => imageInput((first as Resident).manifest));
    const started = now();
    const task = { image, ignore, inputs, ...(options.overlay && { pictureSide: overlaySide }) };
    const prepared = await inSpan(span?.begin('prepare'), () => work.prepare(task, signal)).catch(
      (error: unknown) => {
        throw ofImage(error, index);
      },
    );
    observer.decode?.(now() - started);
    const settings = await Promise.all(residents.map(({ name }) => this.#settings.of(name)));
    const map =
      options.map !== 'none' ||
      options.overlay ||
      options.regions ||
      ignore !== undefined ||
      settings.some((each) => each?.ignore);
    // What lies beside a padded picture has to be told from the picture.
    const seen = ({ geometry }: ImageInput): boolean => map || geometry === 'pad';
    const rows = await Promise.all(
      owners.map((group, g) =>
        this.#score(group, prepared.planes[g] as Uint8Array, seen(inputs[g] as ImageInput), signal, span),
      ),
    );
    const results = owners.flatMap((group, g) =>
      group.map(async (resident, i) => {
        const output = rows[g]?.[i] as RawOutput;
        const mask = prepared.ignore?.[g];
        const result = await inSpan(
          span?.begin('finish', { attributes: { 'cflow.detector': resident.name } }),
          () => this.#result(resident, output, prepared, mask, index, options, signal),
        );
        const warnings = warningsOf({ warnings: prepared.warnings[g] ?? [] }, resident.manifest);
        return [resident, { ...result, ...(warnings && { warnings }) }] as const;
      }),
    );
    const found = new Map(
      await Promise.all(results).catch((error: unknown) => {
        throw ofImage(error, index);
      }),
    );
    return residents.map((resident) => found.get(resident) as InferenceResult);
  }

  #score(
    owners: readonly Resident[],
    planes: Uint8Array,
    map: boolean,
    signal: AbortSignal,
    span: Span | undefined,
  ): Promise<RawOutput[]> {
    const { pool, manifest } = owners[0] as Resident;
    return new Promise((resolve, reject) => {
      if (signal.aborted) throw abortReason(signal);
      const abort = (): void => {
        withdraw();
        reject(abortReason(signal));
      };
      const row: Row = {
        backbone: backboneKey(manifest),
        planes,
        heads: owners.map(({ key }) => ({ key, map })),
        readyAt: this.#parts.now(),
        attempts: 0,
        span,
        resolve: (outputs) => {
          signal.removeEventListener('abort', abort);
          resolve(outputs);
        },
        reject: (error) => {
          signal.removeEventListener('abort', abort);
          reject(error);
        },
      };
      const withdraw = pool.submit(row);
      signal.addEventListener('abort', abort, { once: true });
    });
  }

  async #result(
    resident: Resident,
    output: RawOutput,
    prepared: PreparedImage,
    ignore: Mask | undefined,
    image: number,
    asked: InferenceRequest['options'],
    signal: AbortSignal,
  ): Promise<InferenceResult> {
    const { manifest, pool, name, version } = resident;
    const settings = await this.#settings.of(name);
    const options = settledOptions(asked, settings, version);
    const { inputSize, geometry, method } = manifest.configuration;
    const canvas = { inputSize, geometry };
    const { width, height } = fittedSize(prepared, canvas);
    const threshold = scoreThreshold(manifest, options);
    const regionsFrom = pixelThreshold(manifest, options);
    const { score, regions, map, overlay } = output.map
      ? await this.#parts.images.finish(
          {
            device: pool.device,
            score: output.score,
            map: { width: inputSize[1], height: inputSize[0], data: output.map },
            original: { width: prepared.width, height: prepared.height },
            canvas,
            method,
            calibration: manifest.calibration,
            pixelThreshold: regionsFrom,
            ownPixelThreshold: pixelThresholdOf(manifest),
            regions: options.regions,
            minArea: options.minArea,
            minShare: options.minShare,
            maxRegions: options.maxRegions,
            format: options.map,
            ignore: ignoredBy(settings, { width, height }, ignore),
            picture: prepared.picture,
          },
          signal,
        )
      : { score: output.score };
    return {
      image,
      detector: { name, version, device: pool.device },
      ...verdictOf(score, threshold, manifest),
      pixelThreshold: regionsFrom,
      ...(manifest.precisionMode && { precisionMode: manifest.precisionMode }),
      original: { width: prepared.width, height: prepared.height },
      mapSize: { width, height },
      ...(regions && { regions }),
      ...(map && { map }),
      ...(overlay !== undefined && { overlay: { contentType: 'image/png', data: overlay } }),
    };
  }
}

/** Detectors of one backbone that take the same pixels are scored in the same row. */
function rowsOf(residents: readonly Resident[]): Resident[][] {
  const rows = new Map<string, Resident[]>();
  for (const resident of new Set(residents)) {
    const { manifest } = resident;
    const key = `${backboneKey(manifest)} ${JSON.stringify(imageInput(manifest))}`;
    rows.set(key, [...(rows.get(key) ?? []), resident]);
  }
  return [...rows.values()];
}

function loadedDetector({ name, version, pool, refused, manifest, ...bytes }: Resident): LoadedDetector {
  return {
    name,
    version,
    device: pool.device,
    refused,
    manifest,
    bytes: bytes.headBytes + bytes.backboneBytes,
  };
}

function requireDevice({ pool, refused, name }: Resident, wanted: DeviceChoice): void {
  if (wanted === 'auto' || wanted === pool.device) return;
  const known = refused.filter(({ device }) => device === wanted);
  const reason = `the service runs detector "${name}" on ${pool.device}; ask for that, or for auto`;
  throw new DeviceError(
    `the detector does not run on ${wanted} here`,
    known.length > 0 ? known : [{ device: wanted, reason }],
  );
}

/** The error with the place of the image in the request, where it is about the image. */
function ofImage(error: unknown, image: number): unknown {
  if (!CflowError.isInstance(error)) return error;
  const options = { details: { ...error.details, image }, cause: error, retryable: error.retryable };
  if (error.code === 'image') return new ImageError(`image ${image}: ${error.message}`, options);
  if (error.code === 'configuration')
    return new ConfigurationError(`image ${image}: ${error.message}`, options);
  return error;
}
