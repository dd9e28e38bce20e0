import type { VerifiedBundle } from '@cflow/detector';
import type { DeviceCandidate } from '@cflow/runtime';
import type { Device, DeviceChoice } from '@cflow/spec';
import type { AbandonedLanes } from '../lanes/abandoned-lanes.js';
import type { ReadBundle } from '../lanes/lane-factory.js';
import type { LanePoolOptions } from '../lanes/lane-options.js';
import { LanePool, type LanePoolEvents } from '../lanes/lane-pool.js';
import type { DeviceMemory } from './detector-memory.js';

export interface DevicePoolsOptions {
  device: DeviceChoice;
  /**
   * The memory of a device that has its own, as it is now; undefined for one that uses this machine's, or does not report
   * it.
   */
  deviceMemory?: ((device: Device) => Promise<DeviceMemory | undefined>) | undefined;
  /** How to set up the lanes of a device. */
  poolOptions(device: Device): LanePoolOptions;
}

export interface DevicePoolsEvents extends Pick<LanePoolEvents, 'laneLost' | 'makeRoom'> {
  /** Lanes are lost and cannot be replaced: the pool is closed, and leaves those here after this call. */
  failed(pool: LanePool, error: unknown, deviceLost: boolean): void;
}

/** The lanes of each device on which a detector is open. */
export class DevicePools {
  readonly #options: DevicePoolsOptions;
  readonly #abandoned: AbandonedLanes;
  readonly #events: DevicePoolsEvents;
  readonly #pools: Map<Device, LanePool> = new Map();

  constructor(options: DevicePoolsOptions, abandoned: AbandonedLanes, events: DevicePoolsEvents) {
    this.#options = options;
    this.#abandoned = abandoned;
    this.#events = events;
  }

  get all(): readonly LanePool[] {
    return [...this.#pools.values()];
  }

  /**
   * Opens a detector in the lanes of a device, which are made for the first one there and go when it cannot be opened.
   *
   * @param read the bundle once more, for a lane that has to be replaced later
   */
  async open(
    candidate: DeviceCandidate,
    key: string,
    bundle: VerifiedBundle,
    read: ReadBundle,
  ): Promise<LanePool> {
    const pool = this.#pools.get(candidate.device) ?? this.#make(candidate);
    this.#pools.set(candidate.device, pool);
    try {
      await pool.open(key, bundle, read);
      return pool;
    } catch (error) {
      if (pool.detectors === 0) {
        if (this.#pools.get(candidate.device) === pool) this.#pools.delete(candidate.device);
        await pool.dispose();
      }
      throw error;
    }
  }

  /** Where a detector will run is known only once it is open; until then, the last device that may be meant. */
  expected(devices: readonly DeviceCandidate[]): Device | undefined {
    const { device } = this.#options;
    const [pool] = this.#pools.values();
    return pool?.device ?? (device === 'auto' ? devices.at(-1)?.device : device);
  }

  /** The memory of the device that is expected. */
  async memory(devices: readonly DeviceCandidate[]): Promise<DeviceMemory | undefined> {
    const expected = this.expected(devices);
    return expected && (await this.#options.deviceMemory?.(expected));
  }

  /** Waits for what is running, and frees the devices. */
  async dispose(): Promise<void> {
    await Promise.allSettled(this.all.map((pool) => pool.dispose()));
  }

  clear(): void {
    this.#pools.clear();
  }

  #make(candidate: DeviceCandidate): LanePool {
    const { device } = candidate;
    const { laneLost, makeRoom, failed } = this.#events;
    const pool: LanePool = new LanePool(candidate, this.#options.poolOptions(device), this.#abandoned, {
      laneLost,
      makeRoom,
      failed: (error, deviceLost) => {
        failed(pool, error, deviceLost);
        this.#pools.delete(device);
      },
    });
    return pool;
  }
}
