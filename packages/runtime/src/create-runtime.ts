import type { Tensor } from '@cflow/onnx';
import { ConfigurationError, type Device, DeviceError } from '@cflow/spec';
import { checkFeeds, checkFetches } from './check-feeds.js';
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
  const refuseIfDisposed = (): void => {
    if (disposed) throw gone(device, 'the runtime was disposed');
  };

  async function create(source: ModelSource, options: SessionOptions): Promise<Session> {
    refuseIfDisposed();
    checkOptions(options);
    const model = await engine.load(source, options).catch((error: unknown) => {
      throw loadError(device, error);
    });
    const session = createSession(device, engine, model, () => sessions.delete(session));
    sessions.add(session);
    refuseIfDisposed();
    return session;
  }

  async function disposeAll(): Promise<void> {
    await Promise.allSettled(creations);
    await Promise.all([...sessions].map((session) => session.dispose()));
    await engine.close();
  }

  return {
    device,
    get failure() {
      return engine.failure;
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

function createSession(device: Device, engine: Engine, model: LoadedModel, onDispose: () => void): Session {
  const queue = new SerialQueue();
  let disposed: Promise<void> | undefined;
  const refuseIfDisposed = (): void => {
    if (disposed) throw gone(device, 'the session was disposed');
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
          throw runError(device, error);
        }
      }, options.signal);
    },
    dispose(): Promise<void> {
      disposed ??= queue.enqueue(async () => {
        onDispose();
        await engine.release(model.id).catch((error: unknown) => {
          // Nothing is left to free in an engine that is gone.
          if (!engine.failure) throw error;
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
    throw new ConfigurationError(`threads must be a whole number from 1 to 1024, given was ${threads}`, {
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
