// ONNX Runtime's C API out of the library that npm's package brings, without a compiler: as much of it as shows what the binding
// leaves out can be had. A trial, of which nothing is part of the product; docs/gpu.md says what came of it.
import { join } from 'node:path';
import { onnxRuntimeFolder } from '@cflow/runtime/node';
import koffi from 'koffi';

/** An address. */
type Pointer = bigint;

/** Places in the table of functions, which only ever grows at its end. */
const FUNCTIONS = {
  GetErrorMessage: 2,
  CreateEnv: 3,
  CreateSessionFromArray: 8,
  CreateSessionOptions: 10,
  SetIntraOpNumThreads: 24,
  CreateTensorWithDataAsOrtValue: 49,
  GetTensorMutableData: 51,
  CreateMemoryInfo: 68,
  AllocatorFree: 76,
  GetAllocatorWithDefaultOptions: 78,
  ReleaseStatus: 93,
  ReleaseMemoryInfo: 94,
  ReleaseSession: 95,
  ReleaseValue: 96,
  ReleaseSessionOptions: 100,
  AddSessionConfigEntry: 130,
  RunWithBinding: 133,
  CreateIoBinding: 134,
  ReleaseIoBinding: 135,
  BindInput: 136,
  BindOutput: 137,
  BindOutputToDevice: 138,
  GetBoundOutputValues: 140,
  SessionOptionsAppendExecutionProvider_CUDA_V2: 204,
  CreateCUDAProviderOptions: 205,
  UpdateCUDAProviderOptions: 206,
  GetCUDAProviderOptionsAsString: 207,
  ReleaseCUDAProviderOptions: 208,
} as const;
/** Of the release that has all of them, and of all since. */
const API_VERSION = 11;

const ELEMENT_TYPES = { float32: 1, uint8: 2, int32: 6, int64: 7 } as const;
export type ElementType = keyof typeof ELEMENT_TYPES;
export type Place = 'Cpu' | 'Cuda';

const POINTER = 'void *';
const OUT = koffi.out(koffi.pointer(POINTER));

/** The API as a few calls. Throws an Error with the engine's words. */
export class OrtCApi {
  readonly version: string;
  readonly #table: Pointer;
  readonly #environment: Pointer;
  readonly #allocator: Pointer;

  constructor(library: string = join(onnxRuntimeFolder(), 'libonnxruntime.so.1')) {
    const base = koffi.load(library).func('OrtGetApiBase', POINTER, [])() as Pointer;
    const [getApi, getVersion] = [0, 8].map((offset) => koffi.decode(base, offset, POINTER) as Pointer);
    this.version = koffi.call(getVersion, koffi.proto('str', []));
    this.#table = koffi.call(getApi, koffi.proto(POINTER, ['uint32_t']), API_VERSION);
    this.#environment = this.#made('CreateEnv', ['int', 'str'], 3, 'cflow');
    this.#allocator = this.#made('GetAllocatorWithDefaultOptions', []);
  }

  /** A session of a model; on CUDA with these options of the provider. */
  openSession(model: Uint8Array, cuda?: Readonly<Record<string, string>>, threads = 1): Pointer {
    const options = this.#made('CreateSessionOptions', []);
    this.#checked('SetIntraOpNumThreads', [POINTER, 'int'], options, threads);
    if (cuda) {
      this.#checked(
        'AddSessionConfigEntry',
        [POINTER, 'str', 'str'],
        ...[options, 'session.disable_cpu_ep_fallback', '1'],
      );
      const provider = this.cudaOptions(cuda);
      this.#checked('SessionOptionsAppendExecutionProvider_CUDA_V2', [POINTER, POINTER], options, provider);
      this.#released('ReleaseCUDAProviderOptions', provider);
    }
    const types = [POINTER, POINTER, 'size_t', POINTER];
    const session = this.#made(
      'CreateSessionFromArray',
      types,
      this.#environment,
      model,
      model.length,
      options,
    );
    this.#released('ReleaseSessionOptions', options);
    return session;
  }

  /** Options of CUDA's provider, with these set. */
  cudaOptions(set: Readonly<Record<string, string>>): Pointer {
    const options = this.#made('CreateCUDAProviderOptions', []);
    const [keys, values] = [Object.keys(set), Object.values(set)];
    this.#checked(
      'UpdateCUDAProviderOptions',
      [POINTER, 'str *', 'str *', 'size_t'],
      ...[options, keys, values, keys.length],
    );
    return options;
  }

  /** All options as the provider has understood them. */
  describeCudaOptions(options: Pointer): ReadonlyMap<string, string> {
    const text = this.#made('GetCUDAProviderOptionsAsString', [POINTER, POINTER], options, this.#allocator);
    const pairs = (koffi.decode.string(text) as string).split(';').map((pair) => pair.split('='));
    this.#checked('AllocatorFree', [POINTER, POINTER], this.#allocator, text);
    return new Map(pairs.map(([name = '', value = '']) => [name, value]));
  }

  memory(place: Place): Pointer {
    return this.#made('CreateMemoryInfo', ['str', 'int', 'int', 'int'], place, 1, 0, 0);
  }

  /** A tensor over memory of JavaScript, which must not be collected or moved meanwhile: it is neither above 64 bytes. */
  tensor(type: ElementType, dims: readonly number[], data: ArrayBufferView): Pointer {
    const memory = this.memory('Cpu');
    const value = this.#made(
      'CreateTensorWithDataAsOrtValue',
      [POINTER, POINTER, 'size_t', 'int64_t *', 'size_t', 'int'],
      ...[memory, koffi.address(data), data.byteLength, dims, dims.length, ELEMENT_TYPES[type]],
    );
    this.#released('ReleaseMemoryInfo', memory);
    return value;
  }

  bind(session: Pointer): Binding {
    const binding = this.#made('CreateIoBinding', [POINTER], session);
    const bound = (what: 'BindInput' | 'BindOutput' | 'BindOutputToDevice') => (name: string, to: Pointer) =>
      this.#checked(what, [POINTER, 'str', POINTER], binding, name, to);
    return {
      input: bound('BindInput'),
      output: bound('BindOutput'),
      outputOn: bound('BindOutputToDevice'),
      run: () => this.#checked('RunWithBinding', [POINTER, POINTER, POINTER], session, null, binding),
      outputs: () => this.#outputs(binding),
      release: () => this.#released('ReleaseIoBinding', binding),
    };
  }

  /** So many numbers of a tensor in this machine's memory. */
  floats(value: Pointer, count: number): Float32Array {
    const data = this.#made('GetTensorMutableData', [POINTER], value);
    return Float32Array.from(koffi.decode(data, 'float', count) as ArrayLike<number>);
  }

  releaseValue = (value: Pointer): void => this.#released('ReleaseValue', value);
  releaseSession = (session: Pointer): void => this.#released('ReleaseSession', session);

  #outputs(binding: Pointer): Pointer[] {
    const [values, count]: [[Pointer | null], [number]] = [[null], [0]];
    this.#checked(
      'GetBoundOutputValues',
      [POINTER, POINTER, OUT, koffi.out(koffi.pointer('size_t'))],
      ...[binding, this.#allocator, values, count],
    );
    const found = koffi.decode(values[0], POINTER, Number(count[0])) as Pointer[];
    this.#checked('AllocatorFree', [POINTER, POINTER], this.#allocator, values[0]);
    return found;
  }

  #call(name: keyof typeof FUNCTIONS, result: string, types: readonly unknown[], values: readonly unknown[]) {
    const address = koffi.decode(this.#table, 8 * FUNCTIONS[name], POINTER) as Pointer;
    return koffi.call(address, koffi.proto(result, types as string[]), ...values);
  }

  #checked(name: keyof typeof FUNCTIONS, types: readonly unknown[], ...values: readonly unknown[]): void {
    const status = this.#call(name, POINTER, types, values) as Pointer | null;
    if (!status) return;
    const message = this.#call('GetErrorMessage', 'str', [POINTER], [status]) as string;
    this.#released('ReleaseStatus', status);
    throw new Error(`${name}: ${message}`);
  }

  /** What a function makes as the last of its arguments. */
  #made(name: keyof typeof FUNCTIONS, types: readonly unknown[], ...values: readonly unknown[]): Pointer {
    const made: [Pointer | null] = [null];
    this.#checked(name, [...types, OUT], ...values, made);
    return made[0] as Pointer;
  }

  #released(name: keyof typeof FUNCTIONS, value: Pointer): void {
    this.#call(name, 'void', [POINTER], [value]);
  }
}

/** What a run reads and writes, and where. */
export interface Binding {
  input(name: string, value: Pointer): void;
  output(name: string, value: Pointer): void;
  /** The output stays in memory of that place, which the engine takes. */
  outputOn(name: string, memory: Pointer): void;
  run(): void;
  /** In the order in which they were bound; each to be released. */
  outputs(): Pointer[];
  release(): void;
}
