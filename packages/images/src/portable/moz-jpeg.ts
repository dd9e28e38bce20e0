// MozJPEG's decoder as WebAssembly, from Squoosh: the same library as Node's decoder, so that pixels are the same.
import type { RgbImage } from '@cflow/spec';

/** Decodes a JPEG as it is stored, not turned upright. Rejects with a plain Error when it is damaged. */
export type JpegDecoder = (bytes: Uint8Array) => Promise<RgbImage>;

/** A compiled module, its bytes, or where to fetch it. */
export type JpegWasm = WasmModule | ArrayBuffer | ArrayBufferView | URL;

/** A `WebAssembly.Module`. */
export type WasmModule = object;

// The part of WebAssembly that is used: not every host's types have it.
interface WebAssemblyApi {
  compile(bytes: ArrayBuffer | ArrayBufferView): Promise<WasmModule>;
  instantiate(module: WasmModule, imports: unknown): Promise<{ exports: unknown }>;
}

interface MozJpeg {
  decode(
    bytes: Uint8Array,
    preserveOrientation: boolean,
  ): { width: number; height: number; data: Uint8ClampedArray } | null;
}

type MozJpegFactory = (options: {
  noInitialRun: true;
  print(text: string): void;
  printErr(text: string): void;
  instantiateWasm(imports: unknown, done: (instance: { exports: unknown }) => void): object;
}) => Promise<MozJpeg>;

/**
 * The decoder to give to `decodeImagePortable`. Its wasm, 166 kB, is `@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm`; who
 * bundles says where it lies. Hosts that may not compile (Cloudflare Workers) give the module. It is compiled on
 * first use; one that could not be fetched is fetched again by the next image.
 */
export function mozJpegDecoder(wasm: JpegWasm): JpegDecoder {
  let compiled: Promise<WasmModule> | undefined;
  return async (bytes) => {
    compiled ??= compile(wasm);
    const module = await compiled.catch((error: unknown) => {
      compiled = undefined;
      throw new JpegDecoderMissing(error instanceof Error ? error.message : String(error), { cause: error });
    });
    return decode(module, bytes);
  };
}

async function compile(wasm: JpegWasm): Promise<WasmModule> {
  const { compile } = webAssembly();
  if (wasm instanceof URL) {
    const response = await fetch(wasm);
    if (!response.ok) throw new Error(`${wasm.href} answered with status ${response.status}`);
    return compile(await response.arrayBuffer());
  }
  return wasm instanceof ArrayBuffer || ArrayBuffer.isView(wasm) ? compile(wasm) : wasm;
}

/** The decoder itself could not be had: nothing is known about the image. */
export class JpegDecoderMissing extends Error {}

/**
 * An instance for each image, which takes a millisecond: its memory is given back, and what one stranger's image did
 * to it, the next does not see.
 */
async function decode(module: WasmModule, bytes: Uint8Array): Promise<RgbImage> {
  const { default: factory } = await import('@jsquash/jpeg/codec/dec/mozjpeg_dec.js');
  const said: string[] = [];
  const { instantiate } = webAssembly();
  const decoder = await new Promise<MozJpeg>((resolve, reject) => {
    (factory as unknown as MozJpegFactory)({
      noInitialRun: true,
      print: () => undefined,
      printErr: (text) => said.push(text),
      instantiateWasm: (imports, done) => {
        instantiate(module, imports).then(done, reject);
        return {};
      },
    }).then(resolve, reject);
  });
  let decoded: ReturnType<MozJpeg['decode']>;
  try {
    decoded = decoder.decode(bytes, false);
  } catch (error) {
    // It ends by an exit that is no Error; what it had to say it printed before.
    throw new Error(said.at(-1) ?? 'the decoder stopped', { cause: error });
  }
  const premature = said.find((text) => text.includes('Premature end'));
  if (premature !== undefined) throw new Error(premature);
  if (!decoded) throw new Error(said.at(-1) ?? 'the decoder gave no pixels');
  const { width, height, data } = decoded;
  const rgb = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; to < rgb.length; from += 4, to += 3) {
    rgb[to] = data[from]!;
    rgb[to + 1] = data[from + 1]!;
    rgb[to + 2] = data[from + 2]!;
  }
  return { width, height, data: rgb };
}

function webAssembly(): WebAssemblyApi {
  return (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly;
}
