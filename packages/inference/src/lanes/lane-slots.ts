import type { VerifiedBundle } from '@cflow/detector';
import { type DeviceCandidate, deviceFault } from '@cflow/runtime';
import { InferenceError } from '../inference-error.js';
import { SerialTasks } from '../serial-tasks.js';
import type { AbandonedLanes } from './abandoned-lanes.js';
import type { Lane, LaneFailure } from './lane.js';
import { LaneFactory, type ReadBundle } from './lane-factory.js';
import type { LanePoolOptions } from './lane-options.js';
import { LostDevice } from './lost-device.js';
import { lateError } from './lost-rows.js';

export interface LaneSlotsEvents {
  /** A lane is gone; `dropped` names a detector that is no longer open in any, since it makes new lanes hang. */
  laneLost(failure: LaneFailure, dropped?: string): void;
  /** A lane can take work. */
  ready(): void;
  /** No lane works, and none will until one that hangs has ended. */
  stuck(): void;
  /** Lanes are lost and cannot be replaced. */
  failed(error: unknown, deviceLost: boolean): void;
}

/** A place for a lane. */
export interface Slot {
  lane: Lane;
  /** Batches on the way, and whether one of them has not passed its backbone. */
  running: number;
  inBackbone: boolean;
  /** Gone, and being replaced. */
  down: boolean;
}

/** The lanes of one device, every detector open in each; one that is lost is given up and replaced. */
export class LaneSlots {
  readonly #options: LanePoolOptions;
  readonly #abandoned: AbandonedLanes;
  readonly #events: LaneSlotsEvents;
  readonly #factory: LaneFactory;
  readonly #lostDevice: LostDevice;
  readonly #slots: Slot[] = [];
  readonly #detectors: Map<string, ReadBundle> = new Map();
  readonly #changes: SerialTasks = new SerialTasks();
  #stalledSince: number | undefined;
  #opening = 0;
  #widening = false;
  #ended = false;

  constructor(
    candidate: DeviceCandidate,
    options: LanePoolOptions,
    abandoned: AbandonedLanes,
    events: LaneSlotsEvents,
  ) {
    this.#options = options;
    this.#abandoned = abandoned;
    this.#events = events;
    this.#factory = new LaneFactory(candidate, options, abandoned);
    this.#lostDevice = new LostDevice(options.now, options.startProcess !== undefined);
  }

  /** Detectors that are open. */
  get detectors(): number {
    return this.#detectors.size;
  }

  has(key: string): boolean {
    return this.#detectors.has(key);
  }

  /** It is not opened in a lane again; lanes that have it keep it until it is closed. */
  forget(key: string): void {
    this.#detectors.delete(key);
  }

  /** Since when no lane works; undefined while one does. */
  get stalledSince(): number | undefined {
    return this.#stalledSince;
  }

  /** Working lanes that have no batch in the backbone. */
  get ready(): readonly Slot[] {
    return this.#slots.filter(({ down, inBackbone }) => !down && !inBackbone);
  }

  /**
   * @param read the bundle once more, for a lane that has to be replaced later
   * @returns sizes of batches that the device gains from, where they were measured
   */
  async open(key: string, bundle: VerifiedBundle, read: ReadBundle): Promise<readonly number[] | undefined> {
    this.#opening++;
    try {
      return await this.#changes.run(async () => {
        if (this.#ended) throw new InferenceError('unavailable', 'the device is being replaced; try again');
        if (this.#slots.length === 0) this.#slots.push(slotOf(await this.#factory.create(0)));
        const sizes = await this.#openInAll(key, bundle);
        this.#detectors.set(key, read);
        return sizes;
      });
    } finally {
      this.#opening--;
    }
  }

  close(key: string): Promise<void> {
    return this.#changes.run(async () => {
      this.#detectors.delete(key);
      await this.#closeInAll(key);
    });
  }

  /** One more lane, if allowed, which takes part once every detector is open in it. Without it the others carry on. */
  widen(): void {
    if (this.#widening || this.#slots.length >= this.#options.lanes) return;
    this.#widening = true;
    const opening = this.#changes.run(async () => {
      if (this.#ended) return;
      const lane = await this.#fill(this.#slots.length);
      if (this.#ended) await lane.dispose();
      else this.#slots.push(slotOf(lane));
    });
    void opening.then(
      () => {
        this.#widening = false;
        this.#events.ready();
      },
      // Stays as if it were widening: what failed now would fail with every image that waits.
      (error: unknown) => this.#options.observer.laneFailed?.(error),
    );
  }

  /** Gives a lane up and has it replaced; called for every batch that is lost with it. */
  lost(slot: Slot, lane: Lane, failure: LaneFailure): void {
    if (!this.#retire(slot, lane, failure)) return;
    void this.#changes.run(() => this.#replace(slot, lane)).catch(() => undefined);
  }

  /** Ends when running batches are done. It waits neither for what hangs nor for a detector that is being opened. */
  async dispose(): Promise<void> {
    this.#ended = true;
    if (this.#opening > 0) this.#giveUp();
    await this.#changes.run(async () => undefined);
    await Promise.all(this.#slots.map(({ lane, down }) => (down ? undefined : this.#end(lane))));
  }

  /** In one lane first: what hangs or fails there does not keep the others from their work. */
  async #openInAll(key: string, bundle: VerifiedBundle): Promise<readonly number[] | undefined> {
    try {
      const [first, ...others] = this.#slots;
      const sizes = first && (await this.#openIn(first, key, bundle));
      await Promise.all(others.map((slot) => this.#openIn(slot, key, bundle)));
      return sizes;
    } catch (error) {
      await this.#closeInAll(key);
      throw error;
    }
  }

  async #closeInAll(key: string): Promise<void> {
    // Nothing is left to close in a lane that is gone.
    await Promise.all(this.#slots.map(({ lane }) => lane.failure ?? lane.close(key).catch(() => undefined)));
  }

  async #openIn(slot: Slot, key: string, bundle: VerifiedBundle): Promise<readonly number[] | undefined> {
    // It is opened in whatever takes the place of a lane that is gone.
    if (slot.down) return undefined;
    const { lane } = slot;
    try {
      return await lane.open(key, bundle, this.#options.warmSizes);
    } catch (error) {
      const { failure } = lane;
      if (!failure || this.#ended) throw error;
      this.#retire(slot, lane, failure);
      // Nothing has ever run here, so it is the device that does not work, and another one may.
      if (this.#detectors.size === 0) throw failure.reason;
      await this.#replace(slot, lane);
      if (failure.late) throw lateError(failure);
      if (slot.down) throw error;
      return slot.lane.open(key, bundle, this.#options.warmSizes);
    }
  }

  /** True the first time. */
  #retire(slot: Slot, lane: Lane, failure: LaneFailure): boolean {
    if (slot.lane !== lane || slot.down || this.#ended) return false;
    slot.down = true;
    if (this.#slots.every(({ down }) => down)) this.#stalledSince ??= this.#options.now();
    this.#abandoned.add(lane);
    this.#options.observer.threadReplaced?.({ kind: 'device', reason: failure.reason });
    this.#events.laneLost(failure);
    if (this.#detectors.size > 0 && this.#lostDevice.note(failure)) this.#fail(failure.reason);
    return true;
  }

  /** Rejects when there can be no other lane. */
  async #replace(slot: Slot, lost: Lane): Promise<void> {
    if (slot.lane !== lost || this.#ended) return;
    if (this.#abandoned.full) {
      if (this.#stalledSince !== undefined) this.#events.stuck();
      this.#abandoned.whenFewer(() => {
        void this.#changes.run(() => this.#replace(slot, lost)).catch(() => undefined);
      });
      return;
    }
    try {
      slot.lane = await this.#fill(this.#slots.indexOf(slot));
    } catch (error) {
      this.#fail(error);
      throw error;
    }
    Object.assign(slot, { running: 0, inBackbone: false, down: false });
    this.#stalledSince = undefined;
    this.#events.ready();
  }

  #fill(place: number): Promise<Lane> {
    return this.#factory.fill(place, this.#detectors, (failure, key) => this.#events.laneLost(failure, key));
  }

  #fail(reason: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#events.failed(reason, this.#lostDevice.lost || deviceFault(reason) === 'lost');
    for (const { lane, down } of this.#slots) if (!down) void this.#end(lane).catch(() => undefined);
  }

  #giveUp(): void {
    for (const slot of this.#slots) {
      if (slot.down) continue;
      slot.down = true;
      this.#abandoned.add(slot.lane);
    }
  }

  async #end(lane: Lane): Promise<void> {
    if (lane.failure) this.#abandoned.add(lane);
    else await lane.dispose();
  }
}

function slotOf(lane: Lane): Slot {
  return { lane, running: 0, inBackbone: false, down: false };
}
