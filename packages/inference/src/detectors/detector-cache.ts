import { backboneKey, type VerifiedBundle, type VerifyOptions, verifyBundle } from '@cflow/detector';
import { type DeviceCandidate, deviceFault, selectDevice } from '@cflow/runtime';
import {
  type BundleManifest,
  DEVICES,
  type Device,
  type DeviceAttempt,
  type DeviceChoice,
} from '@cflow/spec';
import type { RegistryReader } from '@cflow/store';
import { InferenceError } from '../inference-error.js';
import { Incidents } from '../lanes/incidents.js';
import type { LaneFailure } from '../lanes/lane.js';
import { type LanePoolOptions, lanesOnCard } from '../lanes/lane-options.js';
import { LanePool } from '../lanes/lane-pool.js';
import type { InferenceObserver } from '../observer.js';
import type { ScoringHealth } from '../scoring-health.js';
import { SerialTasks } from '../serial-tasks.js';
import { cardBudget, type DetectorMemory, type DeviceMemory } from './detector-memory.js';

export interface DetectorCacheOptions {
  registry: Pick<RegistryReader, 'bundle'>;
  /** The devices of this host, best first; asked for once, when the first detector is loaded. */
  devices(): Promise<readonly DeviceCandidate[]>;
  device: DeviceChoice;
  memoryBytes: number;
  /** What one lane of a detector takes of it. */
  estimate(manifest: BundleManifest): DetectorMemory;
  observer: InferenceObserver;
  now(): number;
  /** The memory of a device that has its own, as it is now; undefined for one that computes in this machine's, or does not tell. */
  deviceMemory?: ((device: Device) => Promise<DeviceMemory | undefined>) | undefined;
  /** How the lanes of a device are to be. */
  poolOptions(device: Device): LanePoolOptions;
}

/** A detector in memory. */
export interface Resident {
  readonly key: string;
  readonly name: string;
  readonly version: string;
  readonly manifest: BundleManifest;
  readonly refused: readonly DeviceAttempt[];
  readonly pool: LanePool;
  /** Bytes of its own, measured where the device tells, else estimated; and of its backbone, which others may share. */
  readonly headBytes: number;
  readonly backboneBytes: number;
}

interface Entry extends Resident {
  users: number;
  usedAt: number;
  /** References that must stay loaded. */
  pins: Set<string>;
  /** Out of the cache, to be freed when the last user is done; then called. */
  leaving: (() => void) | undefined;
  /** Nobody has asked for it: it only scores beside others, and goes before them. */
  spare: boolean;
}

/** How much room somebody may have. */
export interface Room {
  /** What nobody else needs: others that were asked for stay. Default false. */
  spare?: boolean | undefined;
}

/** Milliseconds in which a process that was killed is gone. */
const ABANDONED_MS = 500;
/** Bytes that a run may take whatever is left for detectors: they are given back with it. */
const LEAST_RUN_BYTES = 2 ** 26;

/** What nobody has asked for, what nobody uses now, what was used longest ago. */
function whoGoesFirst(a: Entry, b: Entry): number {
  return (
    Number(b.spare) - Number(a.spare) || Number(a.users > 0) - Number(b.users > 0) || a.usedAt - b.usedAt
  );
}

/** An entry that somebody takes: unless it is for what is spare, it has been asked for from now on. */
function asked(entry: Entry, spare: boolean): Entry {
  if (!spare) entry.spare = false;
  return entry;
}

/** Detectors in memory, the least recently used of which go when there is no more room. */
export class DetectorCache {
  readonly #options: DetectorCacheOptions;
  readonly #entries: Map<string, Entry> = new Map();
  readonly #loading: Map<string, Promise<Entry>> = new Map();
  readonly #pools: Map<Device, LanePool> = new Map();
  readonly #changes: SerialTasks = new SerialTasks();
  /** Those on their way out, by key: until then the same detector cannot be opened again. */
  readonly #freeing: Map<string, Promise<void>> = new Map();
  readonly #incidents: Incidents;
  /** Bytes that detectors were seen to take of a card, by key. */
  readonly #measured: Map<string, number> = new Map();
  /** The most that one was seen to take there, as a multiple of its estimate. */
  #multiple: number | undefined;
  #devices: Promise<readonly DeviceCandidate[]> | undefined;
  #uses = 0;

  constructor(options: DetectorCacheOptions) {
    this.#options = options;
    const { device, now, observer, poolOptions } = options;
    this.#incidents = new Incidents(poolOptions(device === 'auto' ? 'cpu' : device).lanes, observer, now);
  }

  /** Whether it can score. */
  get health(): ScoringHealth {
    return this.#incidents.health([...this.#pools.values()]);
  }

  get residents(): readonly Resident[] {
    return [...this.#entries.values()];
  }

  get(name: string, version: string): Resident | undefined {
    return this.#entries.get(`${name}@${version}`);
  }

  /**
   * Loads it, or waits for whoever loads it. Rejects with BundleError, DeviceError, or what the registry says; with
   * InferenceError while it is refused, or where it may not make others leave and there is no room.
   */
  async load(name: string, version: string, { spare = false }: Room = {}): Promise<Resident> {
    const key = `${name}@${version}`;
    const entry = this.#entries.get(key);
    if (entry) return asked(entry, spare);
    this.#incidents.refuse([key]);
    // Whoever asks for it must not be refused since there was no spare room.
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

  /** Keeps it until the function that comes back is called; undefined when it is gone already. */
  hold(resident: Resident, { spare = false }: Room = {}): (() => void) | undefined {
    const entry = this.#entries.get(resident.key);
    if (!entry || entry !== resident) return undefined;
    asked(entry, spare).users++;
    entry.usedAt = ++this.#uses;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      entry.users--;
      if (entry.leaving && entry.users === 0) void this.#free(entry);
    };
  }

  /** The resident that a reference means now must stay; whichever it meant before need not. */
  pin(resident: Resident, reference: string): void {
    for (const entry of this.#entries.values()) entry.pins.delete(reference);
    this.#entries.get(resident.key)?.pins.add(reference);
  }

  /** Waits for what is running, and frees the devices. */
  async close(): Promise<void> {
    // What is being opened is not waited for: nobody wants it any more.
    await Promise.allSettled([...this.#pools.values()].map((pool) => pool.dispose()));
    await Promise.allSettled(this.#loading.values());
    await Promise.allSettled(this.#freeing.values());
    await Promise.allSettled([...this.#pools.values()].map((pool) => pool.dispose()));
    await this.#incidents.abandoned.ended(ABANDONED_MS);
    this.#entries.clear();
    this.#pools.clear();
  }

  async #load(key: string, name: string, version: string, spare: boolean): Promise<Entry> {
    const { registry, device, observer, now } = this.#options;
    const started = now();
    const read = (): Promise<VerifiedBundle> => verifyBundle(registry.bundle(name, version), this.#bounds());
    this.#devices ??= this.#options.devices();
    const [bundle, devices] = await Promise.all([read(), this.#devices, this.#freeing.get(key)]);
    return this.#changes.run(async () => {
      const there = this.#entries.get(key);
      if (there) return asked(there, spare);
      const { manifest } = bundle;
      this.#incidents.refuse([backboneKey(manifest)]);
      const estimate = this.#options.estimate(manifest);
      await this.#makeRoom(devices, key, backboneKey(manifest), estimate, spare);
      const before = await this.#memoryOf(devices);
      const selected = await selectDevice(device, devices, (candidate) =>
        this.#openWithRoom(candidate, key, bundle, read, spare),
      );
      const lanes = lanesOnCard(this.#options.poolOptions(selected.device));
      const after = before && (await this.#memoryOf(devices));
      if (before && after) this.#note(key, before.freeBytes - after.freeBytes, estimate);
      const { headBytes, backboneBytes } = this.#bytesOf(key, estimate);
      const entry: Entry = {
        key,
        name,
        version,
        manifest,
        refused: selected.refused,
        pool: selected.result,
        headBytes: lanes * headBytes,
        backboneBytes: lanes * backboneBytes,
        users: 0,
        usedAt: ++this.#uses,
        pins: new Set(),
        leaving: undefined,
        spare,
      };
      this.#entries.set(key, entry);
      observer.loaded?.({ name, version, device: selected.device, milliseconds: now() - started });
      return entry;
    });
  }

  /** Where the device's memory does not suffice, once more when another has made room. */
  async #openWithRoom(
    candidate: DeviceCandidate,
    key: string,
    bundle: VerifiedBundle,
    read: () => Promise<VerifiedBundle>,
    spare: boolean,
  ): Promise<LanePool> {
    try {
      return await this.#openOn(candidate, key, bundle, read);
    } catch (error) {
      if (deviceFault(error) !== 'out-of-memory') throw error;
      this.#options.observer.outOfMemory?.({ device: candidate.device, images: 0 });
      if (spare || !(await this.#evictOne(new Set([key])))) throw error;
      return this.#openOn(candidate, key, bundle, read);
    }
  }

  async #openOn(
    candidate: DeviceCandidate,
    key: string,
    bundle: VerifiedBundle,
    read: () => Promise<VerifiedBundle>,
  ): Promise<LanePool> {
    const { device } = candidate;
    const known = this.#pools.get(device);
    const pool =
      known ??
      new LanePool(candidate, this.#options.poolOptions(device), this.#incidents.abandoned, {
        laneLost: (failure, dropped) => this.#laneLost(failure, dropped),
        makeRoom: (running) => this.#evictOne(running),
        failed: (error, deviceLost) => {
          if (deviceLost) this.#incidents.loseDevice(device, error);
          this.#pools.delete(device);
          for (const entry of [...this.#entries.values()]) {
            if (entry.pool === pool) this.#entries.delete(entry.key);
          }
        },
      });
    this.#pools.set(device, pool);
    try {
      await pool.open(key, bundle, read);
      return pool;
    } catch (error) {
      if (pool.detectors === 0) {
        if (this.#pools.get(device) === pool) this.#pools.delete(device);
        await pool.dispose();
      }
      throw error;
    }
  }

  /** Frees the least recently used one that nobody uses, apart from these; false when there is none. */
  async #evictOne(apart: ReadonlySet<string>): Promise<boolean> {
    const [victim] = [...this.#entries.values()]
      .filter(({ key, pins, users }) => users === 0 && pins.size === 0 && !apart.has(key))
      .sort(whoGoesFirst);
    if (!victim) return false;
    await this.#leave(victim);
    return true;
  }

  /** What it hung over is opened again only when somebody asks for it, so that all others have a lane again soon. */
  #laneLost(failure: LaneFailure, dropped: string | undefined): void {
    const refused = this.#incidents.laneLost(failure);
    const blamed = failure.late || refused ? failure.step?.key : undefined;
    for (const entry of [...this.#entries.values()]) {
      const { key, manifest } = entry;
      if (key === dropped || key === blamed || backboneKey(manifest) === blamed) this.#expel(entry);
    }
  }

  /** Out of the cache, whether it was to stay or not; whoever holds it still may finish. */
  #expel(entry: Entry): void {
    entry.pool.forget(entry.key);
    void this.#leave(entry);
  }

  /** What a bundle may take while it runs, wherever that will be. */
  #bounds(): VerifyOptions {
    const { memoryBytes, poolOptions } = this.#options;
    const sizes = DEVICES.flatMap((device) => poolOptions(device).batchSizes);
    // The probe is one image.
    return { batches: [...new Set([1, ...sizes])], memoryBytes: Math.max(memoryBytes, LEAST_RUN_BYTES) };
  }

  /** Lets the least recently used go, idle ones first, until there is room. */
  async #makeRoom(
    devices: readonly DeviceCandidate[],
    key: string,
    backbone: string,
    estimate: DetectorMemory,
    spare: boolean,
  ): Promise<void> {
    const { headBytes, backboneBytes } = this.#bytesOf(key, estimate);
    const memory = await this.#memoryOf(devices);
    const memoryBytes = memory ? cardBudget(memory, this.#bytes()) : this.#options.memoryBytes;
    const expected = this.#expected(devices);
    const lanes = expected === undefined ? 1 : lanesOnCard(this.#options.poolOptions(expected));
    const missing = (): number => {
      const shared = [...this.#entries.values()].some(({ manifest }) => backboneKey(manifest) === backbone);
      return this.#bytes() + lanes * (headBytes + (shared ? 0 : backboneBytes)) - memoryBytes;
    };
    while (missing() > 0) {
      const [victim] = [...this.#entries.values()]
        .filter((entry) => entry.pins.size === 0 && (!spare || entry.spare))
        .sort(whoGoesFirst);
      if (!victim) {
        throw new InferenceError(
          'unavailable',
          `detector ${key.slice(0, key.indexOf('@') + 13)} does not fit into memory: ${missing()} bytes are missing of ` +
            `${memoryBytes}, and all that is loaded ${spare ? 'has been asked for' : 'was to stay'}; raise the memory limit or preload fewer detectors`,
          { retryable: false, details: { memoryBytes, missing: missing() } },
        );
      }
      const left = this.#leave(victim);
      if (victim.users === 0) await left;
    }
  }

  /** Where it will run is found out only by opening it; until then, the last device that may be meant. */
  #expected(devices: readonly DeviceCandidate[]): Device | undefined {
    const { device } = this.#options;
    const [pool] = this.#pools.values();
    return pool?.device ?? (device === 'auto' ? devices.at(-1)?.device : device);
  }

  async #memoryOf(devices: readonly DeviceCandidate[]): Promise<DeviceMemory | undefined> {
    const expected = this.#expected(devices);
    return expected && (await this.#options.deviceMemory?.(expected));
  }

  /** What one lane of it takes: on a card as it, or others, were seen to, with a backbone for each. */
  #bytesOf(key: string, estimate: DetectorMemory): DetectorMemory {
    const measured = this.#measured.get(key);
    if (measured !== undefined) return { headBytes: measured, backboneBytes: 0 };
    if (this.#multiple === undefined) return estimate;
    return {
      headBytes: this.#multiple * (estimate.headBytes + estimate.backboneBytes),
      backboneBytes: 0,
    };
  }

  #note(key: string, bytes: number, { headBytes, backboneBytes }: DetectorMemory): void {
    // Something else left the card meanwhile.
    if (bytes <= 0) return;
    this.#measured.set(key, bytes);
    this.#multiple = Math.max(this.#multiple ?? 0, bytes / Math.max(1, headBytes + backboneBytes));
  }

  #bytes(): number {
    const backbones = new Map<string, number>();
    let bytes = 0;
    for (const { manifest, headBytes, backboneBytes } of this.#entries.values()) {
      bytes += headBytes;
      backbones.set(backboneKey(manifest), backboneBytes);
    }
    for (const backbone of backbones.values()) bytes += backbone;
    return bytes;
  }

  /** Resolves when it is freed. */
  #leave(entry: Entry): Promise<void> {
    this.#entries.delete(entry.key);
    const left = new Promise<void>((resolve) => {
      entry.leaving = resolve;
    }).finally(() => this.#freeing.delete(entry.key));
    this.#freeing.set(entry.key, left);
    if (entry.users === 0) void this.#free(entry);
    return left;
  }

  async #free({ key, name, version, pool, leaving }: Entry): Promise<void> {
    await pool.close(key).catch(() => undefined);
    this.#options.observer.evicted?.({ name, version });
    leaving?.();
  }
}
