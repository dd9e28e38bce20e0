// Writes what torch.save writes: a ZIP archive of a pickle and of the numbers that it refers to. For tests.
import { elementCount, type Tensor } from '@cflow/onnx';
import { zipSync } from 'fflate';
import { OPCODE } from '../weights/torch-file/pickle-opcodes.js';

/** A name that a pickle asks for, and what it would be called with: a tuple, and the state that the result would get. */
export class Call {
  readonly module: string;
  readonly name: string;
  readonly args: readonly Pickled[];
  readonly state: Pickled | undefined;

  constructor(module: string, name: string, args: readonly Pickled[], state?: Pickled) {
    this.module = module;
    this.name = name;
    this.args = args;
    this.state = state;
  }
}

export type Pickled =
  | null
  | boolean
  | number
  | string
  | readonly Pickled[]
  | { readonly [key: string]: Pickled }
  | ReadonlyMap<string, Pickled>
  | Tensor
  | Call;

const STORAGES = { float32: 'FloatStorage', float16: 'HalfStorage', int64: 'LongStorage' } as const;

/** The bytes of a file of torch.save. */
export function writeTorchFile(value: Pickled): Uint8Array {
  const bytes: number[] = [OPCODE.protocol, 2];
  const storages: Tensor[] = [];
  const text = (each: string): void => {
    const encoded = new TextEncoder().encode(each);
    bytes.push(OPCODE.unicode, ...littleEndian(encoded.length), ...encoded);
  };
  const integer = (each: number): void => void bytes.push(OPCODE.int32, ...littleEndian(each));
  const tuple = (...items: (() => void)[]): void => {
    bytes.push(OPCODE.mark);
    for (const item of items) item();
    bytes.push(OPCODE.tuple);
  };
  const global = (module: string, name: string): void =>
    void bytes.push(OPCODE.global, ...new TextEncoder().encode(`${module}\n${name}\n`));
  const tensor = ({ type, dims, data }: Tensor): void => {
    const key = storages.push({ type, dims, data } as Tensor) - 1;
    const length = elementCount(dims);
    const storage = STORAGES[type as keyof typeof STORAGES];
    const strides = dims.map((_, axis) => elementCount(dims.slice(axis + 1)));
    global('torch._utils', '_rebuild_tensor_v2');
    tuple(
      () => {
        tuple(
          () => text('storage'),
          () => global('torch', storage),
          () => text(`${key}`),
          () => text('cpu'),
          () => integer(length),
        );
        bytes.push(OPCODE.persistentId);
      },
      () => integer(0),
      () => tuple(...dims.map((dim) => () => integer(dim))),
      () => tuple(...strides.map((stride) => () => integer(stride))),
      () => bytes.push(OPCODE.false),
      () => bytes.push(OPCODE.emptyDict),
    );
    bytes.push(OPCODE.reduce);
  };
  const write = (each: Pickled): void => {
    if (each === null) bytes.push(OPCODE.none);
    else if (typeof each === 'boolean') bytes.push(each ? OPCODE.true : OPCODE.false);
    else if (typeof each === 'string') text(each);
    else if (typeof each === 'number') {
      if (Number.isSafeInteger(each)) integer(each);
      else {
        const view = new DataView(new ArrayBuffer(8));
        view.setFloat64(0, each);
        bytes.push(OPCODE.binaryFloat, ...new Uint8Array(view.buffer));
      }
    } else if (each instanceof Call) {
      global(each.module, each.name);
      tuple(...each.args.map((arg) => () => write(arg)));
      bytes.push(OPCODE.reduce);
      if (each.state === undefined) return;
      write(each.state);
      bytes.push(OPCODE.build);
    } else if (Array.isArray(each)) {
      bytes.push(OPCODE.emptyList, OPCODE.mark);
      for (const item of each as readonly Pickled[]) write(item);
      bytes.push(OPCODE.appends);
    } else if ('dims' in (each as object)) tensor(each as Tensor);
    else {
      bytes.push(OPCODE.emptyDict, OPCODE.mark);
      for (const [key, item] of each instanceof Map ? each : Object.entries(each as object)) {
        text(key);
        write(item as Pickled);
      }
      bytes.push(OPCODE.setItems);
    }
  };
  write(value);
  bytes.push(OPCODE.stop);
  const files: Record<string, Uint8Array> = { 'archive/data.pkl': Uint8Array.from(bytes) };
  storages.forEach(({ data }, key) => {
    files[`archive/data/${key}`] = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  });
  return zipSync(files, { level: 0 });
}

function littleEndian(value: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(4));
  view.setInt32(0, value, true);
  return new Uint8Array(view.buffer);
}
