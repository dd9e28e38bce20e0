import type { Tensor } from '@cflow/onnx';
import { type CflowError, ConfigurationError, type Device, DeviceError } from '@cflow/spec';
import { checkFeeds, checkFetches } from './check-feeds.js';
import { deviceFault } from './device-fault.js';
import type { Engine, LoadedModel } from './engine.js';
import { loadError, runError } from './engine-error.js';
import { GRAPH_OPTIMIZATIONS, type ModelSource, type Runtime, type SessionOptions } from './runtime.js';
import { SerialQueue } from './serial-queue.js';
import type { RunOptions, Session } from './session.js';

/** A runtime over an engine: the part that is the same for every adapter. */
export function createRuntime(device: Device, engine: Engine): Runtime {
  const sessions = new Set<Session>();
  const creations = new Set<Promise<unknown>>();
  let disposed: Promise<void> | undefined;
  let lost: DeviceError | undefined;
  const refuseIfDisposed = (): void => {
    if (disposed) throw gone(device, 'the runtime was disposed');
    if (lost) throw lost;
  };
  const watched: Watched = {
    get failure() {
      return engine.failure ?? lost;
    },
    note(error) {
      // The engine goes on, but nothing that it is asked for will succeed.
      if (error instanceof DeviceError && deviceFault(error) === 'lost') lost ??= error;
      return error;
    },
  };

  async function create(source: ModelSource, options: SessionOptions): Promise<Session> {
    refuseIfDisposed();
    checkOptions(options);
    const model = await engine.load(source, options).catch((error: unknown) => {
      throw watched.note(loadError(device, error));
    });
    const session = createSession(device, engine, watched, model, () => sessions.delete(session));
    sessions.add(session);
    refuseIfDisposed();
    return session;
  }

  async function disposeAll(): Promise<void> {
    await Promise.allSettled(creations);
    await Promise.all([...sessions].map((session) => session.dispose()));
    await engine.close().catch((error: unknown) => {
      if (!watched.failure) throw error;
    });
  }

  return {
    device,
    get failure() {
      return watched.failure;
    },
    createSession(source: ModelSource, options: SessionOptions = {}): Promise<Session> {
      const creation = create(source, options);
      creations.add(creation);
      const forget = (): boolean => creations.delete(creation);
      creation.then(forget, forget);
      return creation;
    },
    dispose(): Promise<void> {
      disposed ??= disposeAll();
      return disposed;
    },
  };
}

/** Whether the place still works, as its sessions find out. */
interface Watched {
  readonly failure: DeviceError | undefined;
  note<E extends CflowError>(error: E): E;
}

function createSession(
  device: Device,
  engine: Engine,
  watched: Watched,
  model: LoadedModel,
  onDispose: () => void,
): Session {
  const queue = new SerialQueue();
  let disposed: Promise<void> | undefined;
  const refuseIfDisposed = (): void => {
    if (disposed) throw gone(device, 'the session was disposed');
    if (watched.failure) throw watched.failure;
  };
  return {
    device,
    inputs: model.inputs,
    outputs: model.outputs,
    async run(feeds: Readonly<Record<string, Tensor>>, options: RunOptions = {}) {
      refuseIfDisposed();
      checkFeeds(model.inputs, feeds);
      const fetches = checkFetches(model.outputs, options.fetches);
      options.signal?.throwIfAborted();
      return queue.enqueue(async () => {
        refuseIfDisposed();
        try {
          return await engine.run(model.id, feeds, fetches, options.consumeFeeds ?? false);
        } catch (error) {
          throw watched.note(runError(device, error));
        }
      }, options.signal);
    },
    dispose(): Promise<void> {
      disposed ??= queue.enqueue(async () => {
        onDispose();
        await engine.release(model.id).catch((error: unknown) => {
          // Nothing is left to free in an engine that is gone.
          if (!watched.failure) throw error;
        });
      });
      return disposed;
    },
  };
}

function gone(device: Device, reason: string): DeviceError {
  return new DeviceError('the model cannot run any more', [{ device, reason }]);
}

function checkOptions({ threads, graphOptimization }: SessionOptions): void {
  if (threads !== undefined && (!Number.isInteger(threads) || threads < 1 || threads > 1024)) {
    throw new ConfigurationError(`expected threads to be a whole number from 1 to 1024, got ${threads}`, {
      details: { threads },
    });
  }
  if (graphOptimization !== undefined && !GRAPH_OPTIMIZATIONS.includes(graphOptimization)) {
    throw new ConfigurationError(
      `graphOptimization must be one of ${GRAPH_OPTIMIZATIONS.join(', ')}, given was ${graphOptimization}`,
      { details: { graphOptimization } },
    );
  }
}
