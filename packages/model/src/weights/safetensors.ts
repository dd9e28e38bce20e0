import { elementCount, type Tensor } from '@cflow/onnx/tensor';
import { WeightsError } from '@cflow/spec';
import { bfloat16ToFloat32 } from './float16.js';
import {
  checkedElementCount,
  readSafetensorsHeader,
  SAFETENSORS_ELEMENT_BYTES,
  type SafetensorsEntry,
  tensorError,
} from './safetensors-header.js';

export interface Safetensors {
  tensors: Map<string, Tensor>;
  metadata: Readonly<Record<string, string>>;
}

/** Where the bytes of one tensor lie in a safetensors file, counted from the start of the file. */
export interface ByteRange {
  offset: number;
  length: number;
}

const WRITTEN_AS = {
  float64: 'F64',
  int64: 'I64',
  float32: 'F32',
  int32: 'I32',
  float16: 'F16',
  uint16: 'U16',
  uint8: 'U8',
  int8: 'I8',
  bool: 'BOOL',
} as const;

// A cache line, and enough for every type and for vector loads.
const DATA_ALIGNMENT = 64;

/**
 * Reads a whole safetensors file. Tensors share memory with `bytes` where their alignment allows; BF16 becomes float32.
 * @throws WeightsError when the file is damaged; it names the tensor where there is one.
 */
export function readSafetensors(bytes: Uint8Array): Safetensors {
  const header = readSafetensorsHeader(bytes);
  const tensors = new Map<string, Tensor>();
  for (const [name, entry] of header.tensors) tensors.set(name, readTensor(name, entry, bytes));
  return { tensors, metadata: header.metadata };
}

/** Where each tensor lies, for ONNX external data that points into the file. Arguments as for the header. */
export function safetensorsOffsets(
  bytes: Uint8Array,
  fileLength: number = bytes.length,
): Map<string, ByteRange> {
  const { tensors } = readSafetensorsHeader(bytes, fileLength);
  return new Map([...tensors].map(([name, { offset, length }]) => [name, { offset, length }]));
}

/**
 * Writes a safetensors file. Equal tensors and metadata give equal bytes, whatever their order: tensors lie by
 * falling element size and then by name, so that each is aligned to its element size without the gaps that the
 * format forbids; the data section begins at a multiple of 64 bytes.
 * @throws WeightsError for a name that the format reserves, or a tensor whose data does not fit its type and shape.
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const sorted = [...tensors].sort(
    ([nameA, a], [nameB, b]) => b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT || compare(nameA, nameB),
  );
  // Written by hand, since an object would move keys that look like numbers to the front.
  const texts = Object.entries(metadata).sort(([a], [b]) => compare(a, b));
  const entries = texts.length === 0 ? [] : [`"__metadata__":{${texts.map(metadataEntry).join(',')}}`];
  let end = 0;
  for (const [name, tensor] of sorted) {
    const dtype = checkedType(name, tensor);
    const begin = end;
    end += tensor.data.byteLength;
    entries.push(
      `${JSON.stringify(name)}:{"dtype":"${dtype}","shape":[${tensor.dims}],"data_offsets":[${begin},${end}]}`,
    );
  }
  const header = new TextEncoder().encode(`{${entries.join(',')}}`);
  const dataOffset = Math.ceil((8 + header.length) / DATA_ALIGNMENT) * DATA_ALIGNMENT;
  const bytes = new Uint8Array(dataOffset + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(dataOffset - 8), true);
  bytes.fill(0x20, 8, dataOffset);
  bytes.set(header, 8);
  let offset = dataOffset;
  for (const [, { data }] of sorted) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset += data.byteLength;
  }
  return bytes;
}

function readTensor(
  name: string,
  { dtype, dims, offset, length }: SafetensorsEntry,
  file: Uint8Array,
): Tensor {
  const size = SAFETENSORS_ELEMENT_BYTES[dtype];
  const aligned = (file.byteOffset + offset) % size === 0;
  const view = file.subarray(offset, offset + length);
  // Not `slice`: a Buffer's shares memory.
  const bytes = aligned ? view : new Uint8Array(view);
  const place = [bytes.buffer, bytes.byteOffset, length / size] as const;
  switch (dtype) {
    case 'F64':
      return { type: 'float64', dims, data: new Float64Array(...place) };
    case 'I64':
      return { type: 'int64', dims, data: new BigInt64Array(...place) };
    case 'F32':
      return { type: 'float32', dims, data: new Float32Array(...place) };
    case 'I32':
      return { type: 'int32', dims, data: new Int32Array(...place) };
    case 'F16':
      return { type: 'float16', dims, data: new Uint16Array(...place) };
    case 'BF16':
      return { type: 'float32', dims, data: bfloat16ToFloat32(new Uint16Array(...place)) };
    case 'U16':
      return { type: 'uint16', dims, data: new Uint16Array(...place) };
    case 'U8':
      return { type: 'uint8', dims, data: new Uint8Array(...place) };
    case 'I8':
      return { type: 'int8', dims, data: new Int8Array(...place) };
    case 'BOOL': {
      const data = new Uint8Array(...place);
      if (data.some((value) => value > 1)) throw tensorError(name, 'a BOOL other than 0 and 1');
      return { type: 'bool', dims, data };
    }
    default:
      return dtype satisfies never;
  }
}

const ARRAYS = {
  float64: Float64Array,
  int64: BigInt64Array,
  float32: Float32Array,
  int32: Int32Array,
  float16: Uint16Array,
  uint16: Uint16Array,
  uint8: Uint8Array,
  int8: Int8Array,
  bool: Uint8Array,
} as const;

function checkedType(name: string, tensor: Tensor): string {
  checkName(name);
  if (!(tensor.data instanceof ARRAYS[tensor.type])) {
    throw tensorError(
      name,
      `${tensor.type} needs a ${ARRAYS[tensor.type].name}, got ${tensor.data.constructor.name}`,
    );
  }
  if (!tensor.dims.every((dim) => Number.isSafeInteger(dim) && dim >= 0)) {
    throw tensorError(name, `shape [${tensor.dims}] is not made of whole numbers`);
  }
  if (checkedElementCount(name, tensor.dims) !== tensor.data.length) {
    throw tensorError(
      name,
      `shape [${tensor.dims}] needs ${elementCount(tensor.dims)} elements, got ${tensor.data.length}`,
    );
  }
  return WRITTEN_AS[tensor.type];
}

function metadataEntry([key, value]: [string, string]): string {
  checkName(key);
  return `${JSON.stringify(key)}:${JSON.stringify(value)}`;
}

function checkName(name: string): void {
  // A lone surrogate has no UTF-8, so two such names could become one.
  if (name === '__metadata__' || name === '__proto__' || /\p{Surrogate}/u.test(name)) {
    throw new WeightsError(`${JSON.stringify(name)} cannot be a name in a safetensors file`, {
      details: { name },
    });
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
