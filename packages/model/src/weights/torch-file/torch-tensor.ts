import { elementCount, type Tensor } from '@cflow/onnx/tensor';
import { WeightsError } from '@cflow/spec';
import { PickleObject, PickleStorage, type PickleValue } from './pickle-value.js';
import { STORAGE_TYPES, type StorageType } from './storage-type.js';

/** The bytes of a storage, as many elements as it says. */
export type StorageBytes = (storage: PickleStorage, type: StorageType) => Uint8Array;

const MOST_DIMENSIONS = 16;

/**
 * The tensor that a value of a pickle describes, row-major; undefined where it describes none.
 * Source: torch's `_utils._rebuild_tensor_v2(storage, offset, size, stride, …)` and `_rebuild_parameter(tensor, …)`.
 * @throws WeightsError for a tensor that reaches beyond its storage, or of a type that weights do not have
 */
export function torchTensor(value: PickleValue, bytesOf: StorageBytes): Tensor | undefined {
  if (!(value instanceof PickleObject)) return undefined;
  if (value.type.path === 'torch._utils._rebuild_parameter') {
    return torchTensor(value.arguments[0] ?? null, bytesOf);
  }
  if (value.type.path !== 'torch._utils._rebuild_tensor_v2') return undefined;
  const [storage, offset, size, stride] = value.arguments;
  if (!(storage instanceof PickleStorage)) throw unusable('it has no storage');
  const type = STORAGE_TYPES[storage.type];
  if (!type) throw unusable(`it is of torch's type ${storage.type.slice(0, 64)}`);
  const dims = wholeNumbers(size);
  const strides = wholeNumbers(stride);
  if (!Number.isSafeInteger(offset) || strides.length !== dims.length) throw unusable('its shape is damaged');
  const start = offset as number;
  const count = elementCount(dims);
  const last = dims.reduce((sum, dim, axis) => sum + (dim - 1) * strides[axis]!, start);
  // Each element of a storage once at most: a repeated one would make gigabytes of a few bytes.
  if (count > storage.length || (count > 0 && (start < 0 || last >= storage.length))) {
    throw unusable(`a shape of [${dims}] does not fit into a storage of ${storage.length}`);
  }
  const stored = bytesOf(storage, type);
  const data = isRowMajor(dims, strides)
    ? // Not `slice`: a Buffer's shares memory.
      new Uint8Array(stored.subarray(start * type.bytes, (start + count) * type.bytes))
    : gathered(stored, type.bytes, start, dims, strides);
  return { type: type.type, dims, data: type.read(data.buffer as ArrayBuffer) };
}

function wholeNumbers(value: PickleValue | undefined): number[] {
  const list = value instanceof PickleObject ? value.arguments[0] : value;
  if (!Array.isArray(list) || list.length > MOST_DIMENSIONS) throw unusable('its shape is damaged');
  return list.map((each) => {
    if (typeof each !== 'number' || !Number.isSafeInteger(each) || each < 0)
      throw unusable('its shape is damaged');
    return each;
  });
}

function isRowMajor(dims: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = dims.length - 1; axis >= 0; axis--) {
    const dim = dims[axis]!;
    if (dim !== 1 && strides[axis] !== expected) return false;
    expected *= dim;
  }
  return true;
}

function gathered(
  stored: Uint8Array,
  bytes: number,
  start: number,
  dims: readonly number[],
  strides: readonly number[],
): Uint8Array {
  const count = elementCount(dims);
  const data = new Uint8Array(count * bytes);
  const index = dims.map(() => 0);
  let from = start;
  for (let to = 0; to < count; to++) {
    for (let byte = 0; byte < bytes; byte++) data[to * bytes + byte] = stored[from * bytes + byte]!;
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      index[axis] = index[axis]! + 1;
      if (index[axis]! < dims[axis]!) break;
      from -= dims[axis]! * strides[axis]!;
      index[axis] = 0;
    }
  }
  return data;
}

function unusable(problem: string): WeightsError {
  return new WeightsError(
    `a tensor of the file cannot be used: ${problem}; save the weights again, as float32`,
  );
}
