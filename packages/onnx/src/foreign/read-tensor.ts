import { TensorProto_DataLocation as DataLocation, type TensorProto } from 'onnx-buf';
import { GraphError } from '../graph-error.js';
import type { DataType, Tensor, TensorData } from '../tensor.js';
import { dataTypeOf } from './data-type-of.js';
import type { ExternalLocation } from './foreign-model.js';

const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint16: Uint16Array,
  uint8: Uint8Array,
  int8: Int8Array,
  bool: Uint8Array,
} as const;

/**
 * Where a constant's bytes lie outside the model; undefined when they lie in it.
 * @throws GraphError for a place outside the model's folder, or a length that is not the constant's
 */
export function externalLocation(tensor: TensorProto): ExternalLocation | undefined {
  if (tensor.dataLocation !== DataLocation.EXTERNAL) return undefined;
  const entries = new Map(tensor.externalData.map(({ key, value }) => [key, value]));
  const path = entries.get('location') ?? '';
  const parts = path.split('/');
  if (/[\\:\0]/.test(path) || parts.some((part) => part === '' || part === '.' || part === '..')) {
    throw new GraphError(`"${tensor.name}" lies in "${path}", which is not a path below the model's folder`);
  }
  const { bytes: expected } = describe(tensor);
  const offset = wholeNumber(tensor.name, entries.get('offset') ?? '0');
  const length = wholeNumber(tensor.name, entries.get('length') ?? String(expected));
  if (length !== expected) throw wrongLength(tensor, length, expected);
  return { path, offset, length };
}

/**
 * A constant of a model, sharing its memory where the alignment allows.
 *
 * @param external the bytes, for a constant that lies in another file
 * @throws GraphError for a type that is not used here, or data that does not fill the shape
 */
export function readTensor(tensor: TensorProto, external?: Uint8Array): Tensor {
  const { type, dims, count, bytes: expected } = describe(tensor);
  if (external === undefined && tensor.dataLocation === DataLocation.EXTERNAL) {
    throw new GraphError(`"${tensor.name}" lies in another file`);
  }
  const raw = external ?? tensor.rawData;
  if (external === undefined && raw.length === 0 && count > 0) {
    return { type, dims, data: numbersOf(tensor, type, count) };
  }
  if (raw.length !== expected) throw wrongLength(tensor, raw.length, expected);
  const array = ARRAYS[type];
  // Not `slice`: a Buffer's shares memory.
  const aligned = raw.byteOffset % array.BYTES_PER_ELEMENT === 0 ? raw : new Uint8Array(raw);
  return { type, dims, data: new array(aligned.buffer as ArrayBuffer, aligned.byteOffset, count) };
}

function describe(tensor: TensorProto): { type: DataType; dims: number[]; count: number; bytes: number } {
  const type = dataTypeOf(tensor.dataType);
  if (type === undefined) {
    throw new GraphError(`"${tensor.name}" has element type ${tensor.dataType}, which is not supported here`);
  }
  const dims = tensor.dims.map(Number);
  const count = dims.reduce((product, dim) => product * dim, 1);
  const bytes = count * ARRAYS[type].BYTES_PER_ELEMENT;
  if (dims.some((dim) => dim < 0) || !Number.isSafeInteger(bytes)) {
    throw new GraphError(`"${tensor.name}" has shape [${dims.join(', ')}]`);
  }
  return { type, dims, count, bytes };
}

/** The numbers of a constant that is not written as raw bytes. */
function numbersOf(tensor: TensorProto, type: DataType, count: number): TensorData {
  const source =
    type === 'float32'
      ? tensor.floatData
      : type === 'float64'
        ? tensor.doubleData
        : type === 'int64'
          ? tensor.int64Data
          : tensor.int32Data;
  if (source.length !== count) {
    throw new GraphError(`"${tensor.name}" has ${source.length} numbers, its shape takes ${count}`);
  }
  return type === 'int64'
    ? BigInt64Array.from(source as bigint[])
    : ARRAYS[type as Exclude<DataType, 'int64'>].from(source as number[]);
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw new GraphError(`"${name}" lies at "${text}" of another file, which is not a whole number`);
  }
  return value;
}

function wrongLength({ name }: TensorProto, found: number, expected: number): GraphError {
  return new GraphError(`"${name}" has ${found} bytes, its shape takes ${expected}`);
}
