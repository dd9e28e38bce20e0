import type { Tensor } from '@cflow/onnx';
import { DeviceError } from '@cflow/spec';
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-common';
import type { Engine, LoadedModel } from '../engine.js';
import { fromOrt, tensorInfo, toOrt } from '../ort-values.js';
import type { ModelSource, SessionOptions } from '../runtime.js';
import { loadCudaLibraries } from './cuda/load-libraries.js';
import { cudaWords } from './cuda/plain-words.js';
import { loadOnnxRuntime } from './load-onnxruntime.js';
import { type NodeDevice, ortOptions } from './ort-options.js';
import { multipliesAsAsked } from './precision-mode.js';
import { readModel } from './read-model.js';

/**
 * onnxruntime-node in this thread. Loading a model and running it block the thread; nothing else happens on it
 * meanwhile.
 */
export class OrtEngine implements Engine {
  readonly failure: undefined;
  readonly #device: NodeDevice;
  readonly #sessions: Map<number, InferenceSession> = new Map();
  readonly #card: number | undefined;
  #lastId = 0;

  constructor(device: NodeDevice, card?: number) {
    this.#device = device;
    this.#card = card;
  }

  async load(source: ModelSource, options: SessionOptions): Promise<LoadedModel> {
    const { model, externalData, externalFolder } = await readModel(source);
    const sessionOptions = ortOptions(this.#device, options, this.#card);
    if (externalData) sessionOptions.externalData = externalData;
    // Always: without a folder a model could read any file under the working directory as weights, also beside those
    // that were given.
    sessionOptions.extra.session.model_external_initializers_file_folder_path = externalFolder ?? NO_FOLDER;
    const { InferenceSession } = await loadOnnxRuntime();
    if (this.#device === 'cuda') await prepareCuda();
    const created = InferenceSession.create(model, sessionOptions);
    const session = await created.catch((error: Error) => {
      throw refusal(error);
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
  }

  async run(
    id: number,
    feeds: Readonly<Record<string, Tensor>>,
    fetches: readonly string[],
  ): Promise<Record<string, Tensor>> {
    const session = this.#session(id);
    const inputs = Object.entries(feeds).map(([name, tensor]) => [name, toOrt(tensor)]);
    const outputs = await session.run(Object.fromEntries(inputs), fetches);
    return Object.fromEntries(fetches.map((name) => [name, fromOrt(outputs[name] as OrtTensor)]));
  }

  async release(id: number): Promise<void> {
    const session = this.#session(id);
    this.#sessions.delete(id);
    await session.release();
  }

  async close(): Promise<void> {
    for (const id of [...this.#sessions.keys()]) await this.release(id);
  }

  #session(id: number): InferenceSession {
    const session = this.#sessions.get(id);
    if (!session) throw new Error(`there is no session ${id}`);
    return session;
  }
}

async function prepareCuda(): Promise<void> {
  if (!multipliesAsAsked()) {
    const reason = 'NVIDIA_TF32_OVERRIDE is not 0 in this thread: products would be rounded to TF32';
    throw new DeviceError('CUDA would not be exact', [{ device: 'cuda', reason }]);
  }
  await loadCudaLibraries();
}

function refusal(error: Error): Error {
  const reason = cudaWords(error.message);
  return reason === undefined
    ? new Error(plainWords(error.message), { cause: error })
    : new DeviceError('CUDA does not start', [{ device: 'cuda', reason }], { cause: error });
}

/** What the engine says of a device that does not start, in words that tell what to do. */
function plainWords(message: string): string {
  if (/No supported adapters/.test(message)) {
    return process.platform === 'linux'
      ? 'no WebGPU adapter: no Vulkan driver could be loaded; are the Vulkan loader (libvulkan.so.1, Debian package ' +
          'libvulkan1) and the driver of the graphics card installed?'
      : 'no WebGPU adapter: there is no graphics driver that it could use';
  }
  return message;
}

const NO_FOLDER = '/no-external-data-was-given';
