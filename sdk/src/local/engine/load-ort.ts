import type { OnnxRuntimeWeb } from '@cflow/runtime/web';
import type { AssetUrls } from '../assets.js';
import type { LocalDevice } from '../types.js';
import { importModule } from './import-module.js';

/** Threads that wasm may have here: one unless the page is cross-origin isolated. */
export function threadsHere(wanted: number | undefined): number {
  const { crossOriginIsolated, navigator } = globalThis as {
    crossOriginIsolated?: boolean;
    navigator?: { hardwareConcurrency?: number };
  };
  if (crossOriginIsolated !== true) return 1;
  const cores = navigator?.hardwareConcurrency ?? 1;
  return Math.max(1, Math.min(wanted ?? cores, cores));
}

/** Gives the builds of onnxruntime-web, each when it is asked for first: that for WebGPU is twice the size. */
export class OrtLoader {
  readonly #assets: AssetUrls;
  readonly #builds: Map<LocalDevice, Promise<OnnxRuntimeWeb>> = new Map();
  #threads: number | undefined;

  constructor(assets: AssetUrls) {
    this.#assets = assets;
  }

  /** Threads of wasm in this thread; the first detector decides. */
  threads(wanted: number | undefined): number {
    this.#threads ??= threadsHere(wanted);
    return this.#threads;
  }

  load(device: LocalDevice): Promise<OnnxRuntimeWeb> {
    let build = this.#builds.get(device);
    if (!build) {
      build = this.#import(device);
      this.#builds.set(device, build);
      // What could not be loaded may be there the next time.
      build.catch(() => this.#builds.delete(device));
    }
    return build;
  }

  async #import(device: LocalDevice): Promise<OnnxRuntimeWeb> {
    const { ortWasm, ortWasmBinary, ortWebgpu, ortWebgpuBinary } = this.#assets;
    const [script, wasm] = device === 'wasm' ? [ortWasm, ortWasmBinary] : [ortWebgpu, ortWebgpuBinary];
    const ort = (await importModule(script)) as OnnxRuntimeWeb;
    if (wasm.startsWith('file:')) ort.env.wasm.wasmBinary = await readFile(wasm);
    else ort.env.wasm.wasmPaths = { wasm };
    // What webgpu leaves to the processor is too little to share.
    ort.env.wasm.numThreads = device === 'wasm' ? this.threads(undefined) : 1;
    return ort;
  }
}

/** A file of the SDK in Node, whose `fetch` reads none. Not imported, so that no bundler looks for a Node module. */
async function readFile(url: string): Promise<ArrayBuffer> {
  type Files = { readFile(url: URL): Promise<Uint8Array<ArrayBuffer>> };
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): Files } };
  const files = process?.getBuiltinModule?.('node:fs/promises');
  if (!files)
    throw new Error(`${url} cannot be read here: give the option loadRuntime, or use Node 20.16 or later`);
  return new Uint8Array(await files.readFile(new URL(url))).buffer;
}
