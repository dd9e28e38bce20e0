import { backboneKey, type VerifiedBundle, type VerifyOptions, verifyBundle } from '@cflow/detector';
import { type DeviceCandidate, deviceFault, selectDevice } from '@cflow/runtime';
import { type BundleManifest, DEVICES } from '@cflow/spec';
import type { RegistryReader } from '@cflow/store';
import { InferenceError } from '../inference-error.js';
import { Incidents } from '../lanes/incidents.js';
import type { LaneFailure } from '../lanes/lane.js';
import type { ReadBundle } from '../lanes/lane-factory.js';
import { lanesOnCard } from '../lanes/lane-options.js';
import type { LanePool } from '../lanes/lane-pool.js';
import type { InferenceObserver } from '../observer.js';
import type { ScoringHealth } from '../scoring-health.js';
import { SerialTasks } from '../serial-tasks.js';
import { cardBudget, type DetectorMemory } from './detector-memory.js';
import { DevicePools, type DevicePoolsOptions } from './device-pools.js';
import { MemorySeen } from './memory-seen.js';
import type { Resident } from './resident.js';
import { type Entry, Residents } from './residents.js';

export interface DetectorCacheOptions extends DevicePoolsOptions {
  registry: Pick<RegistryReader, 'bundle'>;
  /** The devices of this host, best first; asked for once, when the first detector is loaded. */
  devices(): Promise<readonly DeviceCandidate[]>;
  memoryBytes: number;
  /** What one lane of a detector takes of it. */
  estimate(manifest: BundleManifest): DetectorMemory;
  observer: InferenceObserver;
  now(): number;
}

/** How much room somebody may have. */
export interface Room {
  /** Take only memory that is free: detectors that were asked for stay. Default false. */
  spare?: boolean | undefined;
}

/** A detector that is being loaded. */
interface Opening {
  key: string;
  bundle: VerifiedBundle;
  read: ReadBundle;
  spare: boolean;
}

/** Milliseconds after which a killed process is surely gone. */
const ABANDONED_MS = 500;
/** Bytes that a run may take however little is left for detectors: they are free again after it. */
const LEAST_RUN_BYTES = 2 ** 26;

/** Detectors in memory; the least recently used go when there is no more room. */
export class DetectorCache {
  readonly #options: DetectorCacheOptions;
  readonly #residents: Residents;
  readonly #pools: DevicePools;
  readonly #incidents: Incidents;
  readonly #seen: MemorySeen = new MemorySeen();
  readonly #loading: Map<string, Promise<Resident>> = new Map();
  readonly #changes: SerialTasks = new SerialTasks();
  #devices: Promise<readonly DeviceCandidate[]> | undefined;

  constructor(options: DetectorCacheOptions) {
    this.#options = options;
    const { device, now, observer, poolOptions } = options;
    this.#residents = new Residents(observer);
    this.#incidents = new Incidents(poolOptions(device === 'auto' ? 'cpu' : device).lanes, observer, now);
    this.#pools = new DevicePools(options, this.#incidents.abandoned, {
      laneLost: (failure, dropped) => this.#laneLost(failure, dropped),
      makeRoom: (running) => this.#evictOne(running),
      failed: (pool, error, deviceLost) => {
        if (deviceLost) this.#incidents.loseDevice(pool.device, error);
        this.#residents.forget(pool);
      },
    });
  }

  /** Whether it can score. */
  get health(): ScoringHealth {
    return this.#incidents.health(this.#pools.all);
  }

  get residents(): readonly Resident[] {
    return this.#residents.all;
  }

  get(name: string, version: string): Resident | undefined {
    return this.#residents.get(`${name}@${version}`);
  }

  /**
   * Loads it, or waits for a load that is under way. Rejects with BundleError, DeviceError, or as the registry does; with
   * InferenceError while it is refused, or where there is no room and it may not push others out.
   */
  async load(name: string, version: string, { spare = false }: Room = {}): Promise<Resident> {
    const key = `${name}@${version}`;
    const there = this.#residents.take(key, spare);
    if (there) return there;
    this.#incidents.refuse([key]);
    // A real request must not be refused because there was no spare room.
    const load = spare ? `${key} spare` : key;
    const known = this.#loading.get(load);
    if (known) return known;
    const loading = this.#load(key, name, version, spare).finally(() => this.#loading.delete(load));
    this.#loading.set(load, loading);
    return loading;
  }

  /** Whether it may be used. @throws InferenceError while it, or its backbone, is refused */
  check({ key, manifest }: Resident): void {
    this.#incidents.refuse([key, backboneKey(manifest)]);
  }

  /** Keeps it until the returned function is called; undefined when it is already gone. */
  hold(resident: Resident, { spare = false }: Room = {}): (() => void) | undefined {
    return this.#residents.hold(resident, spare);
  }

  /** The resident that a reference means now must stay; the one it meant before need not. */
  pin(resident: Resident, reference: string): void {
    this.#residents.pin(resident, reference);
  }

  /** Waits for what is running, and frees the devices. */
  async close(): Promise<void> {
    // What is being opened is not waited for: nobody wants it any more.
    await this.#pools.dispose();
    await Promise.allSettled(this.#loading.values());
    await this.#residents.allFreed();
    await this.#pools.dispose();
    await this.#incidents.abandoned.ended(ABANDONED_MS);
    this.#residents.clear();
    this.#pools.clear();
  }

  async #load(key: string, name: string, version: string, spare: boolean): Promise<Resident> {
    const { registry, device, observer, now } = this.#options;
    const started = now();
    const read = (): Promise<VerifiedBundle> => verifyBundle(registry.bundle(name, version), this.#bounds());
    this.#devices ??= this.#options.devices();
    const [bundle, devices] = await Promise.all([read(), this.#devices, this.#residents.freed(key)]);
    return this.#changes.run(async () => {
      const there = this.#residents.take(key, spare);
      if (there) return there;
      const { manifest } = bundle;
      this.#incidents.refuse([backboneKey(manifest)]);
      const estimate = this.#options.estimate(manifest);
      await this.#makeRoom(devices, key, backboneKey(manifest), estimate, spare);
      const before = await this.#pools.memory(devices);
      const selected = await selectDevice(device, devices, (candidate) =>
        this.#open(candidate, { key, bundle, read, spare }),
      );
      const lanes = lanesOnCard(this.#options.poolOptions(selected.device));
      const after = before && (await this.#pools.memory(devices));
      if (before && after) this.#seen.note(key, before.freeBytes - after.freeBytes, estimate);
      const { headBytes, backboneBytes } = this.#seen.of(key, estimate);
      const resident = {
        key,
        name,
        version,
        manifest,
        refused: selected.refused,
        pool: selected.result,
        headBytes: lanes * headBytes,
        backboneBytes: lanes * backboneBytes,
      };
      const entry = this.#residents.add(resident, spare);
      observer.loaded?.({ name, version, device: selected.device, milliseconds: now() - started });
      return entry;
    });
  }

  /** Where the device's memory does not suffice, tries once more when another has made room. */
  async #open(candidate: DeviceCandidate, { key, bundle, read, spare }: Opening): Promise<LanePool> {
    try {
      return await this.#pools.open(candidate, key, bundle, read);
    } catch (error) {
      if (deviceFault(error) !== 'out-of-memory') throw error;
      this.#options.observer.outOfMemory?.({ device: candidate.device, images: 0 });
      if (spare || !(await this.#evictOne(new Set([key])))) throw error;
      return this.#pools.open(candidate, key, bundle, read);
    }
  }

  /** Frees the least recently used one that nobody uses, except these; false when there is no such one. */
  async #evictOne(apart: ReadonlySet<string>): Promise<boolean> {
    const victim = this.#residents.victim(({ key, users }) => users === 0 && !apart.has(key));
    if (!victim) return false;
    await this.#residents.leave(victim);
    return true;
  }

  /** The detector that it hung over is opened again only on request, so that all others soon have a lane again. */
  #laneLost(failure: LaneFailure, dropped: string | undefined): void {
    const refused = this.#incidents.laneLost(failure);
    const blamed = failure.late || refused ? failure.step?.key : undefined;
    for (const entry of this.#residents.all) {
      const { key, manifest } = entry;
      if (key === dropped || key === blamed || backboneKey(manifest) === blamed) this.#expel(entry);
    }
  }

  /** Removes it from the cache, pinned or not; requests that still hold it may finish. */
  #expel(entry: Entry): void {
    entry.pool.forget(entry.key);
    void this.#residents.leave(entry);
  }

  /** What a bundle may take while it runs, on any device. */
  #bounds(): VerifyOptions {
    const { memoryBytes, poolOptions } = this.#options;
    const sizes = DEVICES.flatMap((device) => poolOptions(device).batchSizes);
    // The probe is one image.
    return { batches: [...new Set([1, ...sizes])], memoryBytes: Math.max(memoryBytes, LEAST_RUN_BYTES) };
  }

  /** Frees the least recently used, idle ones first, until there is room. */
  async #makeRoom(
    devices: readonly DeviceCandidate[],
    key: string,
    backbone: string,
    estimate: DetectorMemory,
    spare: boolean,
  ): Promise<void> {
    const { headBytes, backboneBytes } = this.#seen.of(key, estimate);
    const memory = await this.#pools.memory(devices);
    const memoryBytes = memory ? cardBudget(memory, this.#residents.bytes) : this.#options.memoryBytes;
    const expected = this.#pools.expected(devices);
    const lanes = expected === undefined ? 1 : lanesOnCard(this.#options.poolOptions(expected));
    const missing = (): number => {
      const shared = this.#residents.all.some(({ manifest }) => backboneKey(manifest) === backbone);
      return this.#residents.bytes + lanes * (headBytes + (shared ? 0 : backboneBytes)) - memoryBytes;
    };
    while (missing() > 0) {
      const victim = this.#residents.victim((entry) => !spare || entry.spare);
      if (!victim) throw noRoom(key, memoryBytes, missing(), spare);
      const left = this.#residents.leave(victim);
      if (victim.users === 0) await left;
    }
  }
}

function noRoom(key: string, memoryBytes: number, missing: number, spare: boolean): InferenceError {
  const detector = key.slice(0, key.indexOf('@') + 13);
  return new InferenceError(
    'unavailable',
    `detector ${detector} does not fit into memory: ${missing} bytes are missing of ${memoryBytes}, and all that is loaded ` +
      `${spare ? 'has been asked for' : 'was to stay'}; raise the memory limit or preload fewer detectors`,
    { retryable: false, details: { memoryBytes, missing } },
  );
}
