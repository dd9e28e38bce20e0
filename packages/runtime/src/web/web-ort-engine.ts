import type { Tensor } from '@cflow/onnx';
import { ConfigurationError, DeviceError } from '@cflow/spec';
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-common';
import type { Engine, LoadedModel } from '../engine.js';
import { fromOrt, tensorInfo, toOrt } from '../ort-values.js';
import type { ModelSource, SessionOptions } from '../runtime.js';
import type { SerialQueue } from '../serial-queue.js';
import { engineQueue } from './engine-queue.js';
import { type GpuDevice, requestDevice } from './gpu-device.js';
import type { OnnxRuntimeWeb, WebDevice } from './onnx-runtime-web.js';
import { releaseTensors } from './release-tensors.js';
import { webOptions } from './web-options.js';

/** onnxruntime-web in this thread, which loading and, on wasm, running block. */
export class WebOrtEngine implements Engine {
  readonly #ort: OnnxRuntimeWeb;
  readonly #device: WebDevice;
  readonly #onDeviceLost: ((reason: string) => void) | undefined;
  readonly #queue: SerialQueue;
  readonly #sessions: Map<number, InferenceSession> = new Map();
  /** Rejects when the engine is gone: whatever waits for it must not wait for ever. */
  readonly #gone: Promise<never>;
  #rejectGone: (failure: DeviceError) => void = () => undefined;
  #gpu: Promise<GpuDevice> | undefined;
  #failure: DeviceError | undefined;
  #closing = false;
  #lastId = 0;

  constructor(ort: OnnxRuntimeWeb, device: WebDevice, onDeviceLost?: (reason: string) => void) {
    this.#ort = ort;
    this.#device = device;
    this.#onDeviceLost = onDeviceLost;
    this.#queue = engineQueue(ort);
    this.#gone = new Promise((_, reject) => {
      this.#rejectGone = reject;
    });
    this.#gone.catch(() => undefined);
  }

  get failure(): DeviceError | undefined {
    return this.#failure;
  }

  load(source: ModelSource, options: SessionOptions): Promise<LoadedModel> {
    const { model, externalData } = bytesOf(source);
    return this.#use(async () => {
      const gpu = this.#device === 'webgpu' ? await this.#gpuDevice() : undefined;
      const session = await this.#ort.InferenceSession.create(model, {
        ...webOptions(this.#device, options, gpu),
        externalData,
      });
      try {
        const inputs = session.inputMetadata.map(tensorInfo);
        const outputs = session.outputMetadata.map(tensorInfo);
        const id = ++this.#lastId;
        this.#sessions.set(id, session);
        return { id, inputs, outputs };
      } catch (error) {
        await session.release();
        throw error;
      }
    });
  }

  run(
    id: number,
    feeds: Readonly<Record<string, Tensor>>,
    fetches: readonly string[],
    consumeFeeds: boolean,
  ): Promise<Record<string, Tensor>> {
    return this.#use(async () => {
      const inputs = Object.entries(feeds).map(([name, tensor]) => [name, toOrt(tensor)]);
      const outputs = await this.#session(id).run(Object.fromEntries(inputs), fetches);
      // The engine has taken copies.
      if (consumeFeeds) releaseTensors(feeds);
      return Object.fromEntries(fetches.map((name) => [name, fromOrt(outputs[name] as OrtTensor)]));
    });
  }

  release(id: number): Promise<void> {
    return this.#use(async () => {
      const session = this.#session(id);
      this.#sessions.delete(id);
      await session.release();
    });
  }

  async close(): Promise<void> {
    this.#closing = true;
    for (const id of [...this.#sessions.keys()]) {
      await this.release(id).catch((error: unknown) => {
        if (!this.#failure) throw error;
      });
    }
    // Gives the memory on the card back, which the engine alone would keep.
    const gpu = await this.#gpu?.catch(() => undefined);
    gpu?.destroy();
  }

  /** In turn with all that uses the same engine, and not longer than the device lives. */
  async #use<T>(work: () => Promise<T>): Promise<T> {
    if (this.#failure) throw this.#failure;
    const done = this.#queue.enqueue(async () => {
      if (this.#failure) throw this.#failure;
      try {
        // A call on a device that was lost may never answer; the queue must go on all the same.
        return await Promise.race([work(), this.#gone]);
      } catch (error) {
        throw this.#failure ?? this.#crashed(error) ?? error;
      }
    });
    return Promise.race([done, this.#gone]);
  }

  async #gpuDevice(): Promise<GpuDevice> {
    this.#gpu ??= requestDevice();
    const asked = this.#gpu;
    const device = await asked.catch((error: unknown) => {
      this.#gpu = undefined;
      throw error;
    });
    void device.lost.then(({ message }) => {
      if (this.#closing) return;
      this.#fail(`the WebGPU device was lost${message ? `: ${message}` : ''}`);
    });
    return device;
  }

  /** WebAssembly that trapped or aborted is in an unknown state: nothing more is asked of it. */
  #crashed(error: unknown): DeviceError | undefined {
    const name = error instanceof Error ? error.name : '';
    if (name !== 'RuntimeError') return undefined;
    this.#fail(`the WebAssembly module stopped: ${(error as Error).message}`, error);
    return this.#failure;
  }

  #fail(reason: string, cause?: unknown): void {
    if (this.#failure) return;
    this.#failure = new DeviceError(
      'the place where the model ran is gone; a new runtime may work',
      [{ device: this.#device, reason }],
      { retryable: true, ...(cause !== undefined && { cause }) },
    );
    this.#rejectGone(this.#failure);
    this.#onDeviceLost?.(reason);
  }

  #session(id: number): InferenceSession {
    const session = this.#sessions.get(id);
    if (!session) throw new Error(`there is no session ${id}`);
    return session;
  }
}

function bytesOf({ model, externalData = [] }: ModelSource): {
  model: Uint8Array;
  externalData: { path: string; data: Uint8Array }[];
} {
  const bytes = (data: Uint8Array | string): Uint8Array => {
    if (typeof data !== 'string') return data;
    throw new ConfigurationError(
      `expected a model and its weights as bytes, since there are no files here, got the path ${data}`,
      { details: { path: data } },
    );
  };
  return {
    model: bytes(model),
    externalData: externalData.map(({ path, data }) => ({ path, data: bytes(data) })),
  };
}
