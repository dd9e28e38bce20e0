import type { OnnxRuntimeWeb } from '@cflow/runtime/web';
import * as ort from 'onnxruntime-web/wasm';

// The part of WebAssembly that is used: not every host's types have it.
interface WebAssemblyApi {
  Memory: new (descriptor: object) => WasmMemory;
  instantiate(source: object, imports: Imports): Promise<object>;
}
interface WasmMemory {
  buffer: { byteLength: number };
}
type Imports = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** A compiled `WebAssembly.Module`, as a Worker imports it. */
export type WasmModule = object;

/** onnxruntime-web in a Worker, which may instantiate a module that came with its code, and compile nothing. */
export interface WasmEngine {
  readonly ort: OnnxRuntimeWeb;
  /** Bytes of its memory, which grows and never shrinks; 0 before the first session. */
  memoryBytes(): number;
}

/**
 * onnxruntime-web wants bytes to instantiate. It is given bytes that are nothing, and while it starts, with the first
 * session, `WebAssembly.instantiate` takes just these for the module. All else goes where it always went, and after
 * the start the function is the host's own again.
 */
export function wasmEngine(module: WasmModule): WasmEngine {
  const { WebAssembly: api } = globalThis as unknown as { WebAssembly: WebAssemblyApi };
  const nothing = new ArrayBuffer(8);
  let memory: WasmMemory | undefined;
  let started = false;

  const start = async <T>(create: () => Promise<T>): Promise<T> => {
    const { instantiate } = api;
    ort.env.wasm.wasmBinary = nothing;
    ort.env.wasm.numThreads = 1;
    api.instantiate = async (source, imports) => {
      const bytes = ArrayBuffer.isView(source) ? source.buffer : source;
      if (bytes !== nothing) return instantiate.call(api, source, imports);
      const instance = await instantiate.call(api, module, imports);
      const { exports = {} } = instance as { exports?: Readonly<Record<string, unknown>> };
      memory = [...Object.values(imports), exports]
        .flatMap((group) => Object.values(group))
        .find((each): each is WasmMemory => each instanceof api.Memory);
      return { instance, module };
    };
    try {
      return await create();
    } finally {
      api.instantiate = instantiate;
      started = true;
    }
  };

  const create = (async (...args: Parameters<typeof ort.InferenceSession.create>) =>
    started
      ? ort.InferenceSession.create(...args)
      : start(() => ort.InferenceSession.create(...args))) as typeof ort.InferenceSession.create;
  return {
    ort: { InferenceSession: { create }, Tensor: ort.Tensor, env: ort.env },
    memoryBytes: () => memory?.buffer.byteLength ?? 0,
  };
}
