import { CflowClient, CflowError, type Detector, type ImageInput, type Prediction } from '@cflow/sdk';
import type { LocalDetector, Progress } from '@cflow/sdk/local';
import { type Client, pause } from '../api/client.js';
import { sdkOptions } from '../api/sdk-options.js';
import type { ChosenDetector } from './chosen-detector.js';
import { loadLocal } from './local-detector.js';
import { PLACES, type PlaceName } from './place.js';
import { RecentTimes } from './recent-times.js';

/** Milliseconds that a choice must last before anything is fetched: with the arrow keys, people pass over other choices. */
const STANDS_FOR = 300;

/** A detector that is open, or being opened. */
interface Opened {
  key: string;
  place: PlaceName;
  detector: Promise<Detector>;
  /** Settles when a request for it is met, or cannot be met. */
  settled?: Promise<boolean>;
  loading: AbortController;
  users: number;
  retired: boolean;
}

/** What to show about the places. */
export interface PlacesState {
  /** Where the next image is scored. */
  place: PlaceName;
  /** Where somebody wants to score; differs while a detector is being loaded. */
  wanted: PlaceName;
  /** The detector in this page, where it is loaded. */
  local: LocalDetector | undefined;
  progress: Progress | undefined;
  /** Why a detector could not be opened. */
  problem: unknown;
  /** Whether only the change failed, and images are scored as before. */
  asBefore: boolean;
  /** What happened on its own: a device was lost, the service is busy. */
  note: string;
  /** Whether the detector is in this tab only. */
  here: boolean;
}

/** The places where the chosen detector can score, behind one call: every place is a `Detector` of the SDK. */
export class Places {
  readonly times: Readonly<Record<PlaceName, RecentTimes>> = {
    server: new RecentTimes(),
    webgpu: new RecentTimes(),
    wasm: new RecentTimes(),
  };
  readonly #client: Client;
  readonly #onState: (state: PlacesState) => void;
  #target: ChosenDetector | undefined;
  #place: PlaceName = 'server';
  /** What is open of the chosen detector: switching back and forth loads nothing twice. */
  readonly #kept = new Map<string, Opened>();
  #current: Opened | undefined;
  #pending: Opened | undefined;
  #local: LocalDetector | undefined;
  #progress: Progress | undefined;
  #problem: unknown;
  #asBefore = false;
  #note = '';

  constructor(client: Client, onState: (state: PlacesState) => void) {
    this.#client = client;
    this.#onState = onState;
  }

  /** How many images are worth scoring at a time: the server makes a batch of them, a page has one device. */
  get concurrency(): number {
    return (this.#pending?.place ?? this.#place) === 'server' ? 4 : 1;
  }

  /** Another detector, or another version of it. */
  aim(target: ChosenDetector | undefined): void {
    if (keyOf(this.#place, target) === keyOf(this.#place, this.#target)) return;
    this.#target = target;
    for (const place of PLACES) this.times[place].clear();
    this.#problem = undefined;
    this.#note = '';
    if (target?.trained && this.#place === 'server') this.#place = target.trained.device;
    for (const opened of [...this.#kept.values()]) this.#retire(opened);
    this.#pending = undefined;
    this.#current = undefined;
    this.#local = undefined;
    this.#progress = undefined;
    // It is needed soon, and now is the time to see whether it works.
    if (target && this.#place !== 'server') void this.#settle(this.#take());
    this.#tell();
  }

  /**
   * Scores elsewhere from now on: new images wait until the detector is loaded there. If that fails, everything stays as
   * before.
   */
  async use(place: PlaceName): Promise<void> {
    this.#retire(this.#pending);
    this.#pending = undefined;
    this.#problem = undefined;
    this.#note = '';
    if (place !== this.#place && this.#target) {
      const opened = this.#open(place, this.#target);
      this.#pending = opened;
      this.#tell();
      opened.settled = this.#settle(opened);
      await opened.settled;
      return;
    }
    this.#place = place;
    this.#tell();
  }

  /** Scores an image in the chosen place, with its map. */
  async predict(image: ImageInput, signal?: AbortSignal): Promise<Prediction> {
    while (this.#pending) await this.#pending.settled;
    signal?.throwIfAborted();
    const opened = this.#take();
    opened.users++;
    try {
      const detector = await opened.detector;
      const prediction = await detector.predict(image, { map: true, regions: false, signal });
      if (this.#current === opened) {
        this.times[opened.place].add(prediction.milliseconds);
        if (opened.place === 'server') this.#note = '';
        this.#tell();
      }
      return prediction;
    } catch (error) {
      if (!(opened.place === 'webgpu' && isDeviceError(error) && (await this.#leave(opened, error))))
        throw error;
    } finally {
      opened.users--;
      this.#closeUnused(opened);
    }
    return this.predict(image, signal);
  }

  /** The manifest of the version that is open here, so that the service need not be asked for it. */
  manifestOf(version: string): Readonly<Record<string, unknown>> | undefined {
    return this.#local?.version === version ? this.#local.manifest : undefined;
  }

  /** When a graphics card fails, the processor takes over. False where it cannot, either. */
  async #leave(opened: Opened, error: Error): Promise<boolean> {
    if (this.#current === opened && this.#target) {
      this.#current = this.#open('wasm', this.#target);
      this.#place = 'wasm';
      this.#retire(opened);
      const attempts = 'attempts' in error ? (error.attempts as { reason: string }[]) : [];
      const reason = attempts.map((attempt) => attempt.reason).join('; ') || error.message;
      this.#note = `WebGPU is not used any more: ${reason}. WASM takes over.`;
      this.#tell();
    }
    return this.#settle(this.#take());
  }

  #take(): Opened {
    if (!this.#target) throw new Error('Choose a detector first.');
    this.#current ??= this.#open(this.#place, this.#target);
    return this.#current;
  }

  /** Waits until it is open, then switches to it. False where it could not be opened. */
  async #settle(opened: Opened): Promise<boolean> {
    try {
      const detector = await opened.detector;
      if (opened === this.#pending) {
        this.#current = opened;
        this.#pending = undefined;
        this.#place = opened.place;
      }
      if (opened === this.#current) this.#local = isLocal(detector) ? detector : undefined;
      return true;
    } catch (error) {
      if (opened === this.#pending || opened === this.#current) this.#problem = error;
      this.#asBefore = opened === this.#pending;
      // The next image, or the next choice, tries it again.
      if (opened === this.#pending) this.#pending = undefined;
      if (opened === this.#current) this.#current = undefined;
      // Another one may have been opened under the same key.
      if (this.#kept.get(opened.key) === opened) this.#kept.delete(opened.key);
      return false;
    } finally {
      if (!this.#pending) this.#progress = undefined;
      this.#tell();
    }
  }

  #open(place: PlaceName, target: ChosenDetector): Opened {
    const kept = this.#kept.get(keyOf(place, target));
    if (kept) return kept;
    const loading = new AbortController();
    const opened: Opened = {
      key: keyOf(place, target),
      place,
      detector: place === 'server' ? this.#remote(target) : this.#load(place, target, loading.signal),
      loading,
      users: 0,
      retired: false,
    };
    opened.detector.catch(() => {});
    this.#kept.set(opened.key, opened);
    return opened;
  }

  async #remote({ name, reference, trained }: ChosenDetector): Promise<Detector> {
    if (trained) throw new Error('This detector is in this tab only. Upload it to score on the server.');
    const onWait = (): void => {
      this.#note = 'The service is busy. Waiting for room …';
      this.#tell();
    };
    return new CflowClient(sdkOptions(this.#client, { onWait })).detector(`${name}@${reference}`);
  }

  async #load(
    device: Exclude<PlaceName, 'server'>,
    { name, reference, version, trained }: ChosenDetector,
    signal: AbortSignal,
  ): Promise<LocalDetector> {
    await pause(STANDS_FOR, signal);
    const onProgress = (progress: Progress): void => {
      if (signal.aborted) return;
      this.#progress = progress;
      this.#tell();
    };
    const bundle = { name, version: version ?? reference, trained: trained?.bundle };
    return loadLocal(this.#client, bundle, { device, onProgress, signal });
  }

  #retire(opened: Opened | undefined): void {
    if (!opened) return;
    if (this.#kept.get(opened.key) === opened) this.#kept.delete(opened.key);
    opened.retired = true;
    this.#closeUnused(opened);
  }

  /** Only when the last image that it scores is done. */
  #closeUnused(opened: Opened): void {
    if (!opened.retired || opened.users > 0 || opened.place === 'server') return;
    opened.loading.abort();
    opened.detector.then((detector) => detector.dispose()).catch(() => {});
  }

  #tell(): void {
    this.#onState({
      place: this.#place,
      wanted: this.#pending?.place ?? this.#place,
      local: this.#local,
      progress: this.#progress,
      problem: this.#problem,
      asBefore: this.#asBefore,
      note: this.#note,
      here: this.#target?.trained !== undefined,
    });
  }
}

function keyOf(place: PlaceName, target: ChosenDetector | undefined): string {
  if (!target) return '';
  // What was trained here never changes, and its version is known only when it has scored.
  return `${place} ${target.name}@${target.reference} ${target.trained ? '' : target.version}`;
}

function isLocal(detector: Detector): detector is LocalDetector {
  return 'refused' in detector;
}

function isDeviceError(error: unknown): error is CflowError {
  return CflowError.isInstance(error) && error.code === 'device';
}
