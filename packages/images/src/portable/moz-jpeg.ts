// MozJPEG's decoder as WebAssembly, from Squoosh: the same library as Node's decoder, so that pixels are the same.
import { type RgbImage, releaseBuffer } from '@cflow/spec';

/** Decodes a JPEG as it is stored, not turned upright. Rejects with a plain Error when it is damaged. */
export type JpegDecoder = (bytes: Uint8Array) => Promise<RgbImage>;

/** A compiled module, its bytes, or where to fetch it. */
export type JpegWasm = WasmModule | ArrayBuffer | ArrayBufferView | URL;

/** A `WebAssembly.Module`. */
export type WasmModule = object;

// The part of WebAssembly that is used: not every host's types have it.
interface WebAssemblyApi {
  Memory: new (descriptor: object) => WasmMemory;
  compile(bytes: ArrayBuffer | ArrayBufferView): Promise<WasmModule>;
  instantiate(module: WasmModule, imports: unknown): Promise<WasmInstance>;
}
interface WasmMemory {
  readonly buffer: ArrayBuffer;
}
interface WasmInstance {
  exports: Readonly<Record<string, unknown>>;
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
  instantiateWasm(imports: unknown, done: (instance: WasmInstance) => void): object;
}) => Promise<MozJpeg>;

export interface MozJpegOptions {
  /**
   * True keeps one instance, with as much memory as the largest image so far needed, 17 MB at least. By default there is
   * one for each image, whose memory is given back when the host collects it, which may be several images later.
   */
  keepInstance?: boolean | undefined;
}

/**
 * The decoder to give to `decodeImagePortable`. Its wasm, 166 kB, is `@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm`; who
 * bundles says where it lies. Hosts that may not compile (Cloudflare Workers) give the module. It is compiled on
 * first use; one that could not be fetched is fetched again by the next image. What one stranger's image did to the
 * memory of the decoder, the next does not see.
 */
export function mozJpegDecoder(wasm: JpegWasm, { keepInstance = false }: MozJpegOptions = {}): JpegDecoder {
  let compiled: Promise<WasmModule> | undefined;
  let kept: JpegInstance | undefined;
  return async (bytes) => {
    compiled ??= compile(wasm);
    const module = await compiled.catch((error: unknown) => {
      compiled = undefined;
      throw new JpegDecoderMissing(error instanceof Error ? error.message : String(error), { cause: error });
    });
    // Taken away while it is used: one that failed is not used again, and two images never meet in one.
    const instance = kept ?? (await JpegInstance.create(module, keepInstance));
    kept = undefined;
    const image = instance.decode(bytes);
    if (keepInstance) {
      instance.forget();
      kept = instance;
    }
    return image;
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

/** The decoder itself could not be loaded: nothing is known about the image. */
export class JpegDecoderMissing extends Error {}

/** The decoder with a memory of its own. It takes a millisecond to make. */
class JpegInstance {
  readonly #decoder: MozJpeg;
  readonly #memory: WasmMemory;
  /** The memory before the first image, up to where nothing but zeros follows; of an instance that is to be kept. */
  readonly #fresh: Uint8Array | undefined;
  readonly #said: string[];

  private constructor(decoder: MozJpeg, memory: WasmMemory, said: string[], keep: boolean) {
    this.#decoder = decoder;
    this.#memory = memory;
    this.#said = said;
    if (keep) this.#fresh = withoutZeros(new Uint8Array(memory.buffer));
  }

  static async create(module: WasmModule, keep: boolean): Promise<JpegInstance> {
    const { default: factory } = await import('@jsquash/jpeg/codec/dec/mozjpeg_dec.js');
    const said: string[] = [];
    const { instantiate, Memory } = webAssembly();
    let memory: WasmMemory | undefined;
    const decoder = await new Promise<MozJpeg>((resolve, reject) => {
      (factory as unknown as MozJpegFactory)({
        noInitialRun: true,
        print: () => undefined,
        printErr: (text) => said.push(text),
        instantiateWasm: (imports, done) => {
          instantiate(module, imports).then((instance) => {
            memory = Object.values(instance.exports).find((each) => each instanceof Memory) as WasmMemory;
            done(instance);
          }, reject);
          return {};
        },
      }).then(resolve, reject);
    });
    return new JpegInstance(decoder, memory as WasmMemory, said, keep);
  }

  decode(bytes: Uint8Array): RgbImage {
    let decoded: ReturnType<MozJpeg['decode']>;
    try {
      decoded = this.#decoder.decode(bytes, false);
    } catch (error) {
      // It ends by an exit that is not an Error; what it had to say it printed before.
      throw new Error(this.#said.at(-1) ?? 'the decoder stopped', { cause: error });
    }
    const premature = this.#said.find((text) => text.includes('Premature end'));
    if (premature !== undefined) throw new Error(premature);
    if (!decoded) throw new Error(this.#said.at(-1) ?? 'the decoder gave no pixels');
    const { width, height, data } = decoded;
    const rgb = new Uint8Array(width * height * 3);
    for (let from = 0, to = 0; to < rgb.length; from += 4, to += 3) {
      rgb[to] = data[from]!;
      rgb[to + 1] = data[from + 1]!;
      rgb[to + 2] = data[from + 2]!;
    }
    // A third more than the image itself, and of no use from here on: not left to the collector.
    releaseBuffer(data.buffer);
    return { width, height, data: rgb };
  }

  /** Makes the memory what it was before the first image; only its size stays. */
  forget(): void {
    const bytes = new Uint8Array(this.#memory.buffer);
    const fresh = this.#fresh as Uint8Array;
    bytes.fill(0, fresh.length);
    bytes.set(fresh);
    this.#said.length = 0;
  }
}

/** A copy without the zeros at the end. */
function withoutZeros(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return bytes.slice(0, end);
}

function webAssembly(): WebAssemblyApi {
  return (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly;
}
