// A Worker that scores and nothing else. A Worker may not compile WebAssembly: both modules come with its code.
import { decodeImagePortable, mozJpegDecoder } from '@cflow/images/portable';
import { webDevices } from '@cflow/runtime/web';
import * as ort from 'onnxruntime-web/wasm';
import { fetchWork, scoreFiles } from '../score-files.js';
import mozJpeg from './mozjpeg.wasm';
import ortModule from './ort.wasm';

interface WebAssemblyApi {
  Module: new () => object;
  instantiate(source: object, imports: object): Promise<object>;
}
const { WebAssembly: api } = globalThis as unknown as { WebAssembly: WebAssemblyApi };

// onnxruntime-web instantiates bytes; here those bytes, whatever they are, mean the module that was deployed.
const instantiate = api.instantiate.bind(api);
api.instantiate = async (source, imports) =>
  source instanceof api.Module
    ? instantiate(source, imports)
    : { instance: await instantiate(ortModule, imports), module: ortModule };
ort.env.wasm.wasmBinary = new ArrayBuffer(8);
ort.env.wasm.numThreads = 1;

const devices = webDevices({ load: async () => ort });
const decodeJpeg = mozJpegDecoder(mozJpeg);

// biome-ignore lint/style/noDefaultExport: a Worker is the default export of its module
export default {
  async fetch(request: Request): Promise<Response> {
    const origin = new URL(request.url).searchParams.get('work');
    try {
      const work = await fetchWork(origin as string);
      return Response.json(
        await scoreFiles(work, 'wasm', devices, (bytes) => decodeImagePortable(bytes, { decodeJpeg })),
      );
    } catch (error) {
      return new Response(String((error as Error).stack ?? error), { status: 500 });
    }
  },
};
