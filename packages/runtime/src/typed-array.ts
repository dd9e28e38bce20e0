import type { DataType, TensorData } from '@cflow/onnx';

const TYPED_ARRAYS = {
  float32: Float32Array,
  float16: Uint16Array,
  float64: Float64Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint16: Uint16Array,
  uint8: Uint8Array,
  int8: Int8Array,
  bool: Uint8Array,
} as const;

export function isDataType(type: string | undefined): type is DataType {
  return type !== undefined && Object.hasOwn(TYPED_ARRAYS, type);
}

/** Name of the typed array that holds a type, e.g. `Uint16Array` for float16. */
export function typedArrayName(type: DataType): string {
  return TYPED_ARRAYS[type].name;
}

export function holds(type: DataType, data: unknown): data is TensorData {
  return data instanceof TYPED_ARRAYS[type];
}

/** The elements of a buffer, without copying. */
export function typedArray(
  type: DataType,
  buffer: ArrayBufferLike,
  byteOffset?: number,
  length?: number,
): TensorData {
  return new TYPED_ARRAYS[type](buffer as ArrayBuffer, byteOffset, length);
}

/** The bytes of a view in a buffer of exactly their length, which nobody else holds. */
export function copyOfBytes(view: ArrayBufferView): ArrayBuffer {
  const copy = new Uint8Array(view.byteLength);
  copy.set(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
  return copy.buffer;
}
