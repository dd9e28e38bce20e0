import type { Transferable, Worker } from 'node:worker_threads';
import type { Tensor } from '@cflow/onnx';
import { DeviceError } from '@cflow/spec';
import type { Engine, LoadedModel } from '../engine.js';
import type { ModelSource, SessionOptions } from '../runtime.js';
import { copyOfBytes } from '../typed-array.js';
import { killThisProcess } from './kill-this-process.js';
import type { NodeDevice } from './ort-options.js';
import { WorkerGate } from './worker-gate.js';
import {
  buffersOf,
  packTensors,
  unpackTensors,
  type WorkerCall,
  type WorkerError,
  type WorkerRequest,
  type WorkerResponse,
  type WorkerResults,
  type WorkerSettings,
} from './worker-messages.js';

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** How long a process that ends waits for a run; a step of training takes a second. A longer run is killed with it. */
const EXIT_WAIT_MS = 5000;

/** The way to an OrtEngine in a worker thread. The thread keeps the process alive only while it owes an answer. */
export class WorkerEngine implements Engine {
  readonly #device: NodeDevice;
  readonly #worker: Worker;
  readonly #pending: Map<number, Pending> = new Map();
  readonly #gate: WorkerGate;
  readonly #exited: Promise<void>;
  #failure: DeviceError | undefined;
  #closing = false;
  #lastId = 0;

  constructor(device: NodeDevice, start: (settings: WorkerSettings) => Worker, card?: number) {
    this.#device = device;
    this.#gate = new WorkerGate();
    const worker = start({ device, card, gate: this.#gate.shared });
    this.#worker = worker;
    worker.unref();
    worker.on('message', (response: WorkerResponse) => this.#settle(response));
    worker.on('error', (error: Error) => this.#fail(`its thread stopped: ${error.message}`, error));
    this.#exited = new Promise((resolve) => {
      worker.on('exit', (code) => {
        this.#fail(`its thread ended (exit code ${code})`);
        resolve();
      });
    });
    this.#holdProcessExit();
  }

  get failure(): DeviceError | undefined {
    return this.#failure;
  }

  load(source: ModelSource, options: SessionOptions): Promise<LoadedModel> {
    const { source: own, transfer } = ownSource(source);
    return this.#call({ kind: 'load', source: own, options }, transfer);
  }

  async run(
    id: number,
    feeds: Readonly<Record<string, Tensor>>,
    fetches: readonly string[],
    consumeFeeds: boolean,
  ): Promise<Record<string, Tensor>> {
    const packed = packTensors(feeds, consumeFeeds);
    const outputs = await this.#call({ kind: 'run', session: id, feeds: packed, fetches }, buffersOf(packed));
    return unpackTensors(outputs);
  }

  async release(id: number): Promise<void> {
    await this.#call({ kind: 'release', session: id });
  }

  async close(): Promise<void> {
    // From here on the thread keeps the process alive: it is waited for until its native parts are taken down.
    this.#closing = true;
    this.#worker.ref();
    await this.#call({ kind: 'close' }).catch((error: unknown) => {
      if (!this.#failure) throw error;
    });
    await this.#exited;
  }

  /**
   * Rejects pending calls at once. The thread ends by itself when the run that it is in is over: stopping it there
   * would stop the process.
   */
  async terminate(): Promise<void> {
    if (this.#failure) return this.#exited;
    this.#gate.close();
    this.#fail('it was terminated');
    this.#closing = true;
    this.#worker.ref();
    this.#worker.postMessage({ kind: 'close', id: 0 } satisfies WorkerRequest);
    await this.#exited;
  }

  // A process that is told to end would stop the thread inside a run; see WorkerGate.
  #holdProcessExit(): void {
    const hold = (): void => {
      this.#gate.close();
      if (!this.#gate.wait(EXIT_WAIT_MS)) killThisProcess();
    };
    process.setMaxListeners(process.getMaxListeners() + 1);
    process.on('exit', hold);
    void this.#exited.then(() => {
      process.off('exit', hold);
      process.setMaxListeners(process.getMaxListeners() - 1);
    });
  }

  #call<C extends WorkerCall>(call: C, transfer: ArrayBuffer[] = []): Promise<WorkerResults[C['kind']]> {
    if (this.#failure) return Promise.reject(this.#failure);
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#worker.postMessage({ ...call, id } satisfies WorkerRequest, transfer as Transferable[]);
      this.#pending.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.#worker.ref();
    });
  }

  #settle(response: WorkerResponse): void {
    const pending = this.#pending.get(response.id);
    this.#pending.delete(response.id);
    if (this.#pending.size === 0 && !this.#closing) this.#worker.unref();
    if (response.ok) pending?.resolve(response.value);
    else pending?.reject(errorOf(response.error));
  }

  #fail(reason: string, cause?: Error): void {
    if (this.#failure || (this.#closing && this.#pending.size === 0)) return;
    this.#failure = new DeviceError(
      'the place where the model ran is gone; a new runtime may work',
      [{ device: this.#device, reason }],
      { retryable: true, cause },
    );
    for (const { reject } of this.#pending.values()) reject(this.#failure);
    this.#pending.clear();
  }
}

function errorOf(error: WorkerError): Error {
  const { message, attempts } = error;
  // The first line: the others are the attempts, which it would add once more.
  return attempts
    ? new DeviceError(message.split('\n', 1)[0] as string, attempts)
    : Object.assign(new Error(message), error);
}

/** The source with bytes of its own, to be transferred: a message would copy them twice. */
function ownSource({ model, externalData }: ModelSource): { source: ModelSource; transfer: ArrayBuffer[] } {
  const transfer: ArrayBuffer[] = [];
  const own = (data: Uint8Array | string): Uint8Array | string => {
    if (typeof data === 'string') return data;
    const copy = copyOfBytes(data);
    transfer.push(copy);
    return new Uint8Array(copy);
  };
  const source: ModelSource = {
    model: own(model),
    ...(externalData && { externalData: externalData.map(({ path, data }) => ({ path, data: own(data) })) }),
  };
  return { source, transfer };
}
