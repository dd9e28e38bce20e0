import type { Tensor } from '@cflow/onnx/tensor';
import { bfloat16ToFloat32 } from '../float16.js';

/** How the elements of one of torch's storages become a tensor's. */
export interface StorageType {
  /** Bytes of one element in the file. */
  bytes: number;
  type: Tensor['type'];
  /** @param bytes whole elements, little-endian, in memory of their own */
  read(bytes: ArrayBuffer): Tensor['data'];
}

/** Types of torch's storages, by the name that pickles have. Others, such as complex numbers, no weights of ours need. */
export const STORAGE_TYPES: Readonly<Record<string, StorageType>> = {
  FloatStorage: { bytes: 4, type: 'float32', read: (bytes) => new Float32Array(bytes) },
  DoubleStorage: { bytes: 8, type: 'float64', read: (bytes) => new Float64Array(bytes) },
  HalfStorage: { bytes: 2, type: 'float16', read: (bytes) => new Uint16Array(bytes) },
  BFloat16Storage: { bytes: 2, type: 'float32', read: (bytes) => bfloat16ToFloat32(new Uint16Array(bytes)) },
  LongStorage: { bytes: 8, type: 'int64', read: (bytes) => new BigInt64Array(bytes) },
  IntStorage: { bytes: 4, type: 'int32', read: (bytes) => new Int32Array(bytes) },
  ByteStorage: { bytes: 1, type: 'uint8', read: (bytes) => new Uint8Array(bytes) },
  CharStorage: { bytes: 1, type: 'int8', read: (bytes) => new Int8Array(bytes) },
  BoolStorage: { bytes: 1, type: 'bool', read: (bytes) => new Uint8Array(bytes) },
};
