import type { VerifiedBundle } from '@cflow/detector';
import type { DeviceCandidate, Runtime, SessionOptions } from '@cflow/runtime';
import { CflowError, type Device } from '@cflow/spec';
import type { Row } from './batch.js';
import { InferenceError } from './inference-error.js';
import { Lane } from './lane.js';
import type { InferenceObserver } from './observer.js';
import { RowQueues } from './row-queues.js';
import { SerialTasks } from './serial-tasks.js';

export interface LanePoolOptions {
  /** Places on the device that work side by side. */
  lanes: number;
  /** Sizes that batches are padded to, ascending. */
  batchSizes: readonly number[];
  /** Those of them that are run once before a detector counts as loaded. */
  warmSizes: readonly number[];
  /** How long an image may wait for others while a lane is free. */
  maxWaitMs: number;
  /** How heads are opened. */
  headOptions?: SessionOptions | undefined;
  now(): number;
  observer: InferenceObserver;
}

interface Slot {
  lane: Lane;
  /** Batches on the way, and whether one of them has not passed its backbone. */
  running: number;
  inBackbone: boolean;
  /** Gone, and being replaced. */
  down: boolean;
}

/** A batch is begun this often before its images count as impossible: a second thread may succeed where one died. */
const MOST_ATTEMPTS = 2;

/**
 * All lanes of one device. Every detector is open in every lane; a lane that is free takes the oldest images. The first
 * lane is opened with the first detector, the others when images wait for it: a service that has just started answers
 * sooner, and one that is never asked twice at once takes no memory for a second lane.
 */
export class LanePool {
  readonly device: Device;
  readonly #candidate: DeviceCandidate;
  readonly #options: LanePoolOptions;
  readonly #onFailure: (error: unknown) => void;
  readonly #slots: Slot[] = [];
  readonly #detectors: Map<string, () => Promise<VerifiedBundle>> = new Map();
  readonly #queues: RowQueues = new RowQueues();
  readonly #changes: SerialTasks = new SerialTasks();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;
  #widening = false;

  /** @param onFailure called once, when a lane is lost and cannot be replaced; the pool is closed then */
  constructor(candidate: DeviceCandidate, options: LanePoolOptions, onFailure: (error: unknown) => void) {
    this.device = candidate.device;
    this.#candidate = candidate;
    this.#options = options;
    this.#onFailure = onFailure;
  }

  get detectors(): number {
    return this.#detectors.size;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Opens a detector in every lane that there is.
   * @param read the bundle once more, for a lane that has to be replaced later
   */
  open(key: string, bundle: VerifiedBundle, read: () => Promise<VerifiedBundle>): Promise<void> {
    return this.#changes.run(async () => {
      this.#refuseClosed();
      if (this.#slots.length === 0) this.#slots.push(slotOf(await this.#createLane()));
      const outcomes = await Promise.allSettled(this.#slots.map((slot) => this.#openIn(slot, key, bundle)));
      const failed = outcomes.find((outcome) => outcome.status === 'rejected');
      if (failed) {
        await Promise.all(this.#slots.map(({ lane }) => lane.close(key)));
        throw failed.reason;
      }
      this.#detectors.set(key, read);
    });
  }

  /** Frees a detector. Nothing of it may be on its way. */
  close(key: string): Promise<void> {
    return this.#changes.run(async () => {
      if (!this.#detectors.delete(key)) return;
      await Promise.all(this.#slots.map(({ lane }) => lane.close(key)));
    });
  }

  /** Puts a row in the queue; a function takes it out again if it has not begun. */
  submit(row: Row): () => void {
    this.#refuseClosed();
    this.#queues.push(row);
    this.#pump();
    return () => this.#queues.remove(row);
  }

  /** Ends when what is running is over; what waits is refused. */
  async dispose(): Promise<void> {
    this.#stop(new InferenceError('unavailable', 'the service is stopping; try again elsewhere'));
    await this.#changes.run(async () => undefined);
    await Promise.all(this.#slots.map(({ lane }) => lane.dispose()));
  }

  #refuseClosed(): void {
    if (this.#closed) throw new InferenceError('unavailable', 'the device is being replaced; try again');
  }

  #stop(error: unknown): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const row of this.#queues.takeAll()) row.reject(error);
  }

  async #createLane(): Promise<Lane> {
    const runtime: Runtime = await this.#candidate.createRuntime();
    return new Lane(runtime, (count) => this.#sizeFor(count), this.#options.headOptions);
  }

  /** A new lane with every detector open in it. */
  async #fullLane(): Promise<Lane> {
    const lane = await this.#createLane();
    try {
      for (const [key, read] of this.#detectors) await lane.open(key, await read(), this.#options.warmSizes);
    } catch (error) {
      await lane.dispose();
      throw error;
    }
    return lane;
  }

  #sizeFor(count: number): number {
    return this.#options.batchSizes.find((size) => size >= count) ?? count;
  }

  async #openIn(slot: Slot, key: string, bundle: VerifiedBundle): Promise<void> {
    const { lane } = slot;
    try {
      await lane.open(key, bundle, this.#options.warmSizes);
    } catch (error) {
      if (!lane.runtime.failure) throw error;
      await this.#replace(slot, lane).catch((reason: unknown) => {
        this.#fail(reason);
        throw reason;
      });
      await slot.lane.open(key, bundle, this.#options.warmSizes);
    }
  }

  #pump(): void {
    if (this.#closed) return;
    const largest = this.#options.batchSizes.at(-1) as number;
    const ready = this.#slots.filter(({ down, inBackbone }) => !down && !inBackbone);
    const idle = ready.filter(({ running }) => running === 0);
    idle.forEach((slot, index) => {
      const next = this.#queues.oldest(1);
      if (!next || this.#waits(next.count, next.readyAt, largest)) return;
      // What is there is shared between the lanes that are free.
      const share = Math.ceil(next.count / (idle.length - index));
      this.#begin(slot, this.#queues.take(next.backbone, Math.min(share, largest)));
    });
    // A lane that is in its heads gets the next batch already, so that the device need not wait for this thread; but
    // only a full one, since a smaller one may still grow.
    for (const slot of ready) {
      if (slot.running !== 1 || slot.inBackbone) continue;
      const next = this.#queues.oldest(largest);
      if (next) this.#begin(slot, this.#queues.take(next.backbone, largest));
    }
    if (this.#slots.length < this.#options.lanes && !this.#widening && this.#queues.oldest(1)) this.#widen();
  }

  /** One lane more, which takes part when every detector is open in it. Without it the others go on. */
  #widen(): void {
    this.#widening = true;
    const opening = this.#changes.run(async () => {
      if (this.#closed) return;
      const lane = await this.#fullLane();
      if (this.#closed) await lane.dispose();
      else this.#slots.push(slotOf(lane));
    });
    void opening.then(
      () => {
        this.#widening = false;
        this.#pump();
      },
      // Stays as if it were widening: what failed now would fail with every image that waits.
      (error: unknown) => this.#options.observer.laneFailed?.(error),
    );
  }

  #waits(count: number, readyAt: number, largest: number): boolean {
    const { maxWaitMs, now } = this.#options;
    const left = readyAt + maxWaitMs - now();
    if (count >= largest || left <= 0) return false;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#pump(), left);
    return true;
  }

  #begin(slot: Slot, rows: Row[]): void {
    void this.#score(slot, rows).finally(() => this.#pump());
  }

  async #score(slot: Slot, rows: Row[]): Promise<void> {
    const { now, observer } = this.#options;
    const { lane } = slot;
    const started = now();
    for (const row of rows) {
      row.attempts++;
      observer.queueWait?.(started - row.readyAt);
    }
    slot.running++;
    slot.inBackbone = true;
    let passed = false;
    const leaveBackbone = (): void => {
      if (!passed) slot.inBackbone = false;
      passed = true;
    };
    try {
      const results = await lane.run(rows, () => {
        leaveBackbone();
        this.#pump();
      });
      observer.batch?.({
        device: this.device,
        images: rows.length,
        size: this.#sizeFor(rows.length),
        runMs: now() - started,
      });
      results.forEach((result, i) => {
        if (Array.isArray(result)) rows[i]?.resolve(result);
        else rows[i]?.reject(result);
      });
    } catch (error) {
      if (lane.runtime.failure) this.#lost(slot, lane, rows);
      else for (const row of rows) row.reject(error);
    } finally {
      leaveBackbone();
      slot.running--;
    }
  }

  /** The lane died under these rows: once more on another, unless they have been tried already. */
  #lost(slot: Slot, lane: Lane, rows: Row[]): void {
    const cause = lane.runtime.failure;
    const error = new InferenceError('unavailable', 'the device was lost while it scored; try again', {
      cause,
    });
    for (const row of rows) if (this.#closed || row.attempts >= MOST_ATTEMPTS) row.reject(error);
    if (this.#closed) return;
    this.#queues.putBack(rows.filter(({ attempts }) => attempts < MOST_ATTEMPTS));
    slot.down = true;
    void this.#changes.run(() => this.#replace(slot, lane)).catch((reason: unknown) => this.#fail(reason));
  }

  async #replace(slot: Slot, lost: Lane): Promise<void> {
    if (slot.lane !== lost || this.#closed) return;
    slot.down = true;
    const { failure } = lost.runtime;
    if (failure) this.#options.observer.threadReplaced?.({ kind: 'device', reason: failure });
    await lost.dispose().catch(() => undefined);
    slot.lane = await this.#fullLane();
    slot.down = false;
    this.#pump();
  }

  #fail(reason: unknown): void {
    if (this.#closed) return;
    this.#stop(
      new InferenceError('unavailable', 'the device was lost and could not be started again; try again', {
        cause: reason,
        ...(CflowError.isInstance(reason) && { details: { code: reason.code } }),
      }),
    );
    this.#onFailure(reason);
    void Promise.all(this.#slots.map(({ lane }) => lane.dispose())).catch(() => undefined);
  }
}

function slotOf(lane: Lane): Slot {
  return { lane, running: 0, inBackbone: false, down: false };
}
