import { backboneKey, type VerifiedBundle } from '@cflow/detector';
import { type DeviceCandidate, deviceFault } from '@cflow/runtime';
import { CflowError, type Device } from '@cflow/spec';
import type { Row } from '../batches/batch.js';
import { BatchLimit } from '../batches/batch-limit.js';
import { RowQueues } from '../batches/row-queues.js';
import { InferenceError } from '../inference-error.js';
import type { AbandonedLanes } from './abandoned-lanes.js';
import { batchSpans } from './batch-spans.js';
import type { LaneFailure } from './lane.js';
import type { ReadBundle } from './lane-factory.js';
import { type LanePoolOptions, sizeOf } from './lane-options.js';
import { LaneSlots, type LaneSlotsEvents, type Slot } from './lane-slots.js';
import { blamedOn, lateError, lostError } from './lost-rows.js';

/** What a pool tells whoever made it. */
export interface LanePoolEvents extends Pick<LaneSlotsEvents, 'laneLost'> {
  /** Called once, when lanes are lost and cannot be replaced; the pool is closed then. */
  failed(error: unknown, deviceLost: boolean): void;
  /** The device has no room to run these detectors: frees another one; false when none could go. */
  makeRoom(running: ReadonlySet<string>): Promise<boolean>;
}

/** A batch is begun this often before its images count as impossible: a second lane may succeed where one died. */
const MOST_ATTEMPTS = 2;

/**
 * All lanes of one device and what waits for them. A lane that is free takes the oldest images. The first lane is opened
 * with the first detector, the others when images wait for it: a service that has just started answers sooner, and one
 * that is never asked twice at once takes no memory for a second lane.
 */
export class LanePool {
  readonly device: Device;
  readonly #options: LanePoolOptions;
  readonly #events: LanePoolEvents;
  readonly #abandoned: AbandonedLanes;
  readonly #slots: LaneSlots;
  readonly #queues: RowQueues = new RowQueues();
  readonly #limit: BatchLimit;
  /** Sizes of batches by backbone, where they were measured. */
  readonly #sizes: Map<string, readonly number[]> = new Map();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(
    candidate: DeviceCandidate,
    options: LanePoolOptions,
    abandoned: AbandonedLanes,
    events: LanePoolEvents,
  ) {
    this.device = candidate.device;
    this.#options = options;
    this.#events = events;
    this.#abandoned = abandoned;
    this.#limit = new BatchLimit(options.now);
    this.#slots = new LaneSlots(candidate, options, abandoned, {
      laneLost: (failure, dropped) => {
        events.laneLost(failure, dropped);
        this.#refuseForgotten(failure);
      },
      ready: () => this.#pump(),
      stuck: () => this.#refuseQueued('the device hangs; try again elsewhere'),
      failed: (error, deviceLost) => this.#fail(error, deviceLost),
    });
  }

  get detectors(): number {
    return this.#slots.detectors;
  }

  /**
   * A detector that has cost lanes: what waits for it is refused, and no further lane opens it. It must still be closed.
   */
  forget(key: string): void {
    this.#slots.forget(key);
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Since when no lane works; undefined while one does. */
  get stalledSince(): number | undefined {
    return this.#slots.stalledSince;
  }

  /**
   * Opens a detector in every lane that there is.
   * @param read the bundle once more, for a lane that has to be replaced later
   */
  async open(key: string, bundle: VerifiedBundle, read: ReadBundle): Promise<void> {
    this.#refuseClosed();
    const sizes = await this.#slots.open(key, bundle, read);
    if (sizes) this.#sizes.set(backboneKey(bundle.manifest), sizes);
  }

  /** Frees a detector. No rows of it may be under way. */
  close(key: string): Promise<void> {
    return this.#slots.close(key);
  }

  /** Puts a row in the queue; a function takes it out again if it has not begun. */
  submit(row: Row): () => void {
    this.#refuseClosed();
    if (this.stalledSince !== undefined) this.#abandoned.refuseWhenFull();
    if (!this.#isOpen(row))
      throw new InferenceError('unavailable', 'the detector is being opened again; try again');
    this.#queues.push(row);
    this.#pump();
    return () => this.#queues.remove(row);
  }

  /** Ends when running batches are done; waiting rows are refused. */
  async dispose(): Promise<void> {
    this.#close('the service is stopping; try again elsewhere');
    await this.#slots.dispose();
  }

  #refuseClosed(): void {
    if (this.#closed) throw new InferenceError('unavailable', 'the device is being replaced; try again');
  }

  #close(why: string, cause?: unknown): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#refuseQueued(why, cause);
  }

  #refuseQueued(why: string, cause?: unknown): void {
    const details = CflowError.isInstance(cause) ? { code: cause.code } : {};
    const error = new InferenceError('unavailable', why, { cause, details });
    for (const row of this.#queues.takeAll()) row.reject(error);
  }

  #isOpen({ heads }: Row): boolean {
    return heads.every(({ key }) => this.#slots.has(key));
  }

  /** Rows that wait for a detector that is going away. */
  #refuseForgotten(failure: LaneFailure): void {
    for (const row of this.#queues.takeWhere((each) => !this.#isOpen(each))) row.reject(lateError(failure));
  }

  #pump(): void {
    if (this.#closed) return;
    const one = (): number => 1;
    const ready = this.#slots.ready;
    const idle = ready.filter(({ running }) => running === 0);
    idle.forEach((slot, index) => {
      const next = this.#queues.oldest(one);
      if (!next) return;
      const largest = this.#largest(next.backbone);
      if (this.#waits(next.count, next.readyAt, largest)) return;
      // Waiting rows are shared between the free lanes.
      const share = Math.ceil(next.count / (idle.length - index));
      this.#begin(slot, this.#queues.take(next.backbone, Math.min(share, largest)));
    });
    // A lane that is in its heads gets the next batch already, so that the device need not wait for this thread; but
    // only a full one, since a smaller one may still grow.
    for (const slot of ready) {
      if (slot.running !== 1 || slot.inBackbone) continue;
      const next = this.#queues.oldest((backbone) => this.#largest(backbone));
      if (next) this.#begin(slot, this.#queues.take(next.backbone, this.#largest(next.backbone)));
    }
    if (this.#queues.oldest(one)) this.#slots.widen();
  }

  #sizesOf(backbone: string): readonly number[] {
    return this.#sizes.get(backbone) ?? this.#options.batchSizes;
  }

  /** Images of a batch at most. */
  #largest(backbone: string): number {
    return this.#limit.images(this.#sizesOf(backbone).at(-1) as number);
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
    const size = sizeOf(this.#sizesOf((rows[0] as Row).backbone), rows.length);
    const spans = batchSpans(rows, { device: this.device, size, startedAt: started });
    slot.running++;
    slot.inBackbone = true;
    let passed = false;
    const leaveBackbone = (): void => {
      if (!passed && slot.lane === lane) slot.inBackbone = false;
      passed = true;
    };
    try {
      const passed = (): void => {
        leaveBackbone();
        this.#pump();
      };
      const results = await lane.run(rows, passed, spans.watch);
      spans.end();
      observer.batch?.({ device: this.device, images: rows.length, size, runMs: now() - started });
      results.forEach((result, i) => {
        if (Array.isArray(result)) rows[i]?.resolve(result);
        else rows[i]?.reject(result);
      });
    } catch (error) {
      spans.end(error);
      const { failure } = lane;
      if (failure) {
        // First, since it decides what will be asked of no other lane.
        this.#slots.lost(slot, lane, failure);
        this.#rowsLost(rows, failure);
      } else if (deviceFault(error) === 'out-of-memory') await this.#noRoom(rows, error);
      else for (const row of rows) row.reject(error);
    } finally {
      leaveBackbone();
      if (slot.lane === lane) slot.running--;
    }
  }

  /** Once more on another lane, unless they have been tried already, or the lane hung because of them. */
  #rowsLost(rows: readonly Row[], failure: LaneFailure): void {
    const { step, late } = failure;
    this.#retry(rows, (row) => {
      if ((late && step && blamedOn(row, step)) || !this.#isOpen(row)) return lateError(failure);
      return row.attempts >= MOST_ATTEMPTS ? lostError(failure) : undefined;
    });
  }

  /** Memory ran out: again once others have made room, and in smaller batches. */
  async #noRoom(rows: readonly Row[], cause: unknown): Promise<void> {
    this.#options.observer.outOfMemory?.({ device: this.device, images: rows.length });
    const keys = rows.flatMap(({ heads }) => heads.map(({ key }) => key));
    const freed = await this.#events.makeRoom(new Set(keys));
    const halved = this.#limit.halve(rows.length);
    // Smaller batches do not count as another attempt: a batch can be halved only so often.
    if (halved) for (const row of rows) row.attempts--;
    this.#retry(rows, (row) => {
      if (halved || (freed && row.attempts < MOST_ATTEMPTS)) return undefined;
      return new InferenceError('unavailable', 'the memory of the device does not suffice; try again', {
        cause,
      });
    });
  }

  /** Puts what may be tried again in front; `refusal` says why a row may not. */
  #retry(rows: readonly Row[], refusal: (row: Row) => InferenceError | undefined): void {
    const again: Row[] = [];
    for (const row of rows) {
      const error = this.#closed
        ? new InferenceError('unavailable', 'the device was lost while it scored; try again')
        : refusal(row);
      if (error) row.reject(error);
      else again.push(row);
    }
    this.#queues.putBack(again);
  }

  #fail(reason: unknown, deviceLost: boolean): void {
    if (this.#closed) return;
    this.#close('the device was lost and could not be started again; try again', reason);
    this.#events.failed(reason, deviceLost);
  }
}
