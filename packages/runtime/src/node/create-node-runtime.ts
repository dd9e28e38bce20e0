import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { createRuntime } from '../create-runtime.js';
import type { Runtime, SessionOptions } from '../runtime.js';
import { orderCards } from './cuda/card-order.js';
import { OrtEngine } from './ort-engine.js';
import type { NodeDevice } from './ort-options.js';
import { multiplyAsAsked } from './precision-mode.js';
import { silenceTelemetry } from './silence-telemetry.js';
import { WorkerEngine } from './worker-engine.js';
import type { WorkerSettings } from './worker-messages.js';

export interface NodeRuntimeOptions {
  device: NodeDevice;
  /** Of CUDA, which of several cards, as CUDA counts them. Default: the first. */
  card?: number | undefined;
  /** Threads of one operator on the CPU, for sessions that do not say. Default: one per core. */
  threads?: number;
  /**
   * True, the default: sessions live in a worker thread of their own, and this thread stays free while they run.
   * False: they live in this thread and block it; for scripts.
   */
  worker?: boolean;
}

export interface NodeRuntime extends Runtime {
  /** Without a worker it is `dispose`. */
  terminate(): Promise<void>;
}

/** A place for sessions on a device of this machine. Nothing of the device is touched before the first session. */
export function createNodeRuntime({ device, card, threads, worker = true }: NodeRuntimeOptions): NodeRuntime {
  const engine = worker ? new WorkerEngine(device, startWorker, card) : new OrtEngine(device, card);
  const runtime = createRuntime(device, engine);
  return {
    device,
    get failure() {
      return runtime.failure;
    },
    createSession: (source, options) =>
      runtime.createSession(source, withDefaults(options, { device, threads })),
    dispose: () => runtime.dispose(),
    terminate: () => (engine instanceof WorkerEngine ? engine.terminate() : runtime.dispose()),
  };
}

/** On CUDA nothing falls to the CPU unasked: a card that waits for the CPU looks as if it worked. */
function withDefaults(
  options: SessionOptions = {},
  { device, threads }: { device: NodeDevice; threads: number | undefined },
): SessionOptions {
  return {
    ...(device === 'cuda' && { strictDevice: true }),
    ...(threads !== undefined && { threads }),
    ...options,
  };
}

/** The thread of a WorkerEngine. */
export function startWorker(settings: WorkerSettings): Worker {
  silenceTelemetry();
  multiplyAsAsked();
  orderCards();
  // By the package's name and not by a relative path: it must be the built file also when this one runs as source.
  const file = createRequire(import.meta.url).resolve('@cflow/runtime/node-worker');
  // A worker inherits flags such as --import, of which those of a test runner or a loader would break it.
  return new Worker(file, { name: `cflow-${settings.device}`, workerData: settings, execArgv: [] });
}
