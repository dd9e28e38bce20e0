import { setMaxListeners } from 'node:events';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { inPrecisionMode, runsAsOneGraph } from '@cflow/detector';
import type { DeviceCandidate } from '@cflow/runtime';
import { chosenCards, cudaCards, type NodeDevice, nodeDevices, precisionMode } from '@cflow/runtime/node';
import {
  ConfigurationError,
  type Device,
  type DeviceChoice,
  type Logger,
  type PrecisionMode,
} from '@cflow/spec';
import { createInference } from '../create-inference.js';
import type { DeviceMemory } from '../detectors/detector-memory.js';
import type { InferenceRegistry } from '../detectors/settings-reader.js';
import type { ShadowedInference } from '../inference.js';
import { cardOf } from '../lanes/lane-options.js';
import { type InferenceObserver, loggingObserver } from '../observer.js';
import { availableMemory } from './available-memory.js';
import type { ImageThreadSettings } from './image-messages.js';
import { ImageThreads } from './image-threads.js';
import { LaneProcesses } from './lane-processes.js';
import { freeBytesOf, memoryOfCards, openWhole } from './on-a-card.js';

export interface NodeInferenceOptions {
  registry: InferenceRegistry;
  /** The device that the service runs on. Default `auto`: the first one that computes correctly. */
  device?: DeviceChoice | undefined;
  /** Default: the devices of this machine. */
  devices?: readonly DeviceCandidate[] | undefined;
  /**
   * Lanes side by side on the device, each with every detector in it. Default: on the CPU one per core, at most 4, else 1:
   * several lanes with one thread each lose less than threads that share the work.
   */
  lanes?: number | undefined;
  /** Cards that lanes are on, as in `CFLOW_CUDA_DEVICE`: comma-separated numbers, or all. Default: all. */
  cudaDevice?: string | undefined;
  /** CPU threads in all, shared between the lanes. Default: one per core. */
  threads?: number | undefined;
  /** Sizes that batches are padded to. Default: 1 to 4 on the CPU, elsewhere 1, 2, 4, 8. */
  batchSizes?: readonly number[] | undefined;
  /** Milliseconds that an image may wait for others while the device is free. Default 0. */
  maxWaitMs?: number | undefined;
  /** Images that may wait or be scored at once. Default 64. */
  capacity?: number | undefined;
  /** Estimated bytes that detectors may take. Default: half of the memory. */
  memoryBytes?: number | undefined;
  /** Threads for pixels, started when they are needed. Default: half of the cores, at least 2 and at most 8. */
  imageThreads?: number | undefined;
  /** Most pixels and bytes of an image. */
  imageLimits?: ImageThreadSettings['limits'] | undefined;
  /** Bytes that all images together may take while they are decoded; one always fits. Default: an eighth of the memory, from 256 MB to 1 GB. */
  imageMemoryBytes?: number | undefined;
  /** Milliseconds that decoding, or encoding, one image may take. Default 10 000. */
  imageTimeoutMs?: number | undefined;
  /** Most pixels along an overlay's longest side. Default 1024. */
  overlaySide?: number | undefined;
  /** Milliseconds until an alias is looked up again. Default 1000. */
  aliasFreshMs?: number | undefined;
  /**
   * Where lanes live. `process`, the default: each in a process of its own, so that a detector that hangs, crashes or takes
   * all memory takes nothing else down. `thread`: in threads of this process; always so where `devices` are given.
   */
  isolation?: 'process' | 'thread' | undefined;
  /** Whether a detector is about to be loaded: the process of its lane starts at once, beside whatever else a host begins with. */
  loadsSoon?: boolean | undefined;
  /** Milliseconds that a run may take at most. Default 20 000; less where runs are known to be short, but never below 5000. */
  runTimeoutMs?: number | undefined;
  /** Milliseconds that loading one model, or trying it, may take. Default 20 000 on the CPU, elsewhere 120 000. */
  loadTimeoutMs?: number | undefined;
  observer?: InferenceObserver | undefined;
  /** Told of threads that were lost and of versions that cannot be loaded. */
  logger?: Pick<Logger, 'info' | 'warn' | 'error'> | undefined;
  /** The memory of a device. Default: what the driver reports of a card. */
  deviceMemory?: ((device: Device) => Promise<DeviceMemory | undefined>) | undefined;
  /** For tests that make a thread fail. */
  startImageThread?: ((settings: ImageThreadSettings) => Worker) | undefined;
}

/** Most images of a batch on a card. */
const MOST_IMAGES = 64;
const IMAGE_BYTES = { least: 256_000_000, most: 1_000_000_000 };
const RUN_MS = { least: 5000, most: 20_000 };
/** A card's first kernels take long to compile. */
const LOAD_MS = { cpu: 20_000, others: 120_000 };

/**
 * Inference on Node: pixels in threads, lanes in processes of their own, on the devices of this machine.
 * @throws ConfigurationError for an option that cannot work
 */
export function createNodeInference(options: NodeInferenceOptions): ShadowedInference {
  const { device = 'auto', maxWaitMs = 0, batchSizes, logger } = options;
  const observer = logger ? loggingObserver(logger, options.observer ?? {}) : (options.observer ?? {});
  const cores = availableParallelism();
  checkCounts(options);
  // Known when the first detector is loaded.
  let cards: readonly number[] = [0];
  const lanesOf = (where: Device): number => {
    if (where === 'cpu') return options.lanes ?? Math.min(4, cores);
    return (options.lanes ?? 1) * (where === 'cuda' ? cards.length : 1);
  };
  const threads = Math.max(1, Math.floor((options.threads ?? cores) / lanesOf('cpu')));
  const now = (): number => performance.now();
  // An explicit limit counts, whatever the card has.
  const ownMemory = async (where: Device): Promise<DeviceMemory | undefined> =>
    where === 'cuda' && options.memoryBytes === undefined ? memoryOfCards(cards) : undefined;
  const inProcesses = !options.devices && (options.isolation ?? 'process') === 'process';
  const processes = inProcesses ? new LaneProcesses(threads) : undefined;
  if (options.loadsSoon) processes?.warm();
  const mostMs = options.runTimeoutMs ?? RUN_MS.most;
  return createInference({
    registry: registryInMode(options.registry, precisionMode()),
    device,
    devices: async () => {
      processes?.warm();
      if (!options.devices) cards = chosenCards(options.cudaDevice ?? 'all', await cudaCards());
      return options.devices ?? (await nodeDevices({ threads }));
    },
    images: new ImageThreads({
      threads: options.imageThreads ?? Math.max(2, Math.min(8, Math.floor(cores / 2))),
      limits: options.imageLimits ?? {},
      pixelBytes: options.imageMemoryBytes ?? imageMemory(),
      timeoutMs: options.imageTimeoutMs ?? 10_000,
      onReplaced: (reason) => observer.threadReplaced?.({ kind: 'image', reason }),
      start: options.startImageThread ?? startImageThread,
    }),
    capacity: options.capacity ?? 64,
    memoryBytes: options.memoryBytes ?? availableMemory() / 2,
    overlaySide: options.overlaySide ?? 1024,
    aliasFreshMs: options.aliasFreshMs ?? 1000,
    deviceMemory: options.deviceMemory ?? ownMemory,
    observer,
    now,
    poolOptions: (where) => {
      // CPU time per image of a MobileNetV2 at 256x256, two threads: 27 ms alone, 24 ms by 2 or 4, 27 ms by 8 (on a machine
      // that was busy). Every size up to the largest is there, so that nothing is padded needlessly.
      const sizes = [...(batchSizes ?? (where === 'cpu' ? [1, 2, 3, 4] : [1, 2, 4, 8]))];
      sizes.sort((a, b) => a - b);
      return {
        lanes: lanesOf(where),
        batchSizes: sizes,
        // The CPU has nothing to prepare for a size; the golden probe has run it once.
        warmSizes: where === 'cpu' ? [] : sizes,
        maxWaitMs,
        ...(where === 'cuda' && {
          cards,
          // Sizes that were given are used as they are.
          mostImages: batchSizes ? undefined : MOST_IMAGES,
          freeBytes: (place: number) => freeBytesOf(cardOf({ cards }, place)),
        }),
        openWhole: runsAsOneGraph(where) ? openWhole : undefined,
        limits: {
          openMs: options.loadTimeoutMs ?? (where === 'cpu' ? LOAD_MS.cpu : LOAD_MS.others),
          runMs: { least: Math.min(RUN_MS.least, mostMs), most: mostMs },
        },
        startProcess:
          processes && (({ device: on }, given, place) => processes.start(on as NodeDevice, given, place)),
        now,
        observer,
      };
    },
    createAbortController: () => {
      const controller = new AbortController();
      setMaxListeners(0, controller.signal);
      return controller;
    },
    ended: () => processes?.close(),
  });
}

export function startImageThread(settings: ImageThreadSettings): Worker {
  // By the package's name: it must be the built file even when this one runs from source.
  const file = createRequire(import.meta.url).resolve('@cflow/inference/image-thread');
  return new Worker(file, { name: 'cflow-images', workerData: settings, execArgv: [] });
}

function registryInMode(registry: InferenceRegistry, mode: PrecisionMode): InferenceRegistry {
  if (mode === 'exact') return registry;
  return {
    resolve: (detector, reference) => registry.resolve(detector, reference),
    bundle: (detector, version) => inPrecisionMode(registry.bundle(detector, version), mode),
    ...(registry.settings && { settings: registry.settings.bind(registry) }),
  };
}

/** Default for the bytes of decoded images. */
function imageMemory(): number {
  return Math.max(IMAGE_BYTES.least, Math.min(IMAGE_BYTES.most, availableMemory() / 8));
}

function checkCounts(options: NodeInferenceOptions): void {
  const { lanes, threads, imageThreads, batchSizes } = options;
  const counts = Object.entries({ lanes, threads, imageThreads });
  batchSizes?.forEach((size) => {
    counts.push(['batchSizes', size]);
  });
  for (const [name, count] of counts) {
    if (count === undefined || (Number.isInteger(count) && count >= 1)) continue;
    throw new ConfigurationError(`${name} must be whole numbers from 1, got ${count}`);
  }
  if (batchSizes?.length === 0) throw new ConfigurationError('batchSizes must name at least one size');
}
