// The service as a Worker, with paths beside it that say how much WebAssembly memory there is, collect garbage, and take
// memory.
import { createWorker } from '@cflow/predict/workerd';
import jpeg from '@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm';
import onnxRuntime from 'onnxruntime-web/ort-wasm-simd-threaded.wasm';

// The part of WebAssembly that is used: not every host's types have it.
interface WasmMemory {
  buffer: { byteLength: number };
}
type Groups = Readonly<Record<string, Readonly<Record<string, unknown>>>>;
interface WebAssemblyApi {
  Memory: new (descriptor: { initial: number; maximum: number }) => WasmMemory;
  instantiate(source: object, imports: Groups): Promise<{ exports?: Groups[string] }>;
}
const { WebAssembly: api } = globalThis as unknown as { WebAssembly: WebAssemblyApi };

/** Of every instance that was made here: of the engine, and of the decoder of JPEG, which is kept but where it failed. */
const memories = new Set<WeakRef<WasmMemory>>();
const memoriesOf = (group: Groups[string]): WasmMemory[] =>
  Object.values(group).filter((each): each is WasmMemory => each instanceof api.Memory);
const kept: unknown[] = [];

const { instantiate } = api;
api.instantiate = async (source, imports) => {
  const instance = await instantiate.call(api, source, imports);
  for (const group of [...Object.values(imports), instance.exports ?? {}]) {
    for (const memory of memoriesOf(group)) memories.add(new WeakRef(memory));
  }
  return instance;
};

/** Those that were collected no longer count. */
const wasmBytes = (): number =>
  [...memories].reduce((sum, memory) => sum + (memory.deref()?.buffer.byteLength ?? 0), 0);
const PAGE = 65_536;

const worker = createWorker({ wasm: { onnxRuntime, jpeg }, version: '1.2.3' });

// biome-ignore lint/style/noDefaultExport: a Worker is the default export of its module
export default {
  async fetch(...[request, env, context]: Parameters<typeof worker.fetch>): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === '/test/wasm-bytes') return Response.json(wasmBytes());
    if (pathname === '/test/collect') {
      // By the engine's flag --expose-gc.
      (globalThis as unknown as { gc(): void }).gc();
      return Response.json(null);
    }
    if (pathname !== '/test/take') return worker.fetch(request, env, context);
    const pages = Number(searchParams.get('pages'));
    if (searchParams.get('as') === 'buffer') kept.push(new Uint8Array(pages * PAGE));
    else {
      const memory = new api.Memory({ initial: pages, maximum: pages });
      memories.add(new WeakRef(memory));
      kept.push(memory);
    }
    return Response.json(kept.length);
  },
};
