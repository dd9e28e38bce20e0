/** Element types used here, in ONNX Runtime's spelling. */
export type DataType =
  | 'float32'
  | 'float16'
  | 'float64'
  | 'int32'
  | 'int64'
  | 'uint16'
  | 'uint8'
  | 'int8'
  | 'bool';

/** float16 travels as raw bits, bool as 0 and 1. */
export type TensorData =
  | Float32Array
  | Float64Array
  | Uint16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Int8Array;

/** Dense, row-major numbers with an explicit shape; `dims: []` is a scalar. */
export interface Tensor {
  type: DataType;
  dims: readonly number[];
  data: TensorData;
}

/** A float32 tensor, the type of nearly everything here. */
export interface Float32Tensor extends Tensor {
  type: 'float32';
  data: Float32Array;
}

/** Number of elements of a shape; 1 for a scalar. */
export function elementCount(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

/** A float32 tensor; throws RangeError when the data does not fill the shape. */
export function float32(dims: readonly number[], data: Float32Array | readonly number[]): Float32Tensor {
  const values = data instanceof Float32Array ? data : Float32Array.from(data);
  return { type: 'float32', dims, data: checked(dims, values) };
}

/** An int64 tensor; throws RangeError when the data does not fill the shape. */
export function int64(dims: readonly number[], data: BigInt64Array | readonly number[]): Tensor {
  const values = data instanceof BigInt64Array ? data : BigInt64Array.from(data, BigInt);
  return { type: 'int64', dims, data: checked(dims, values) };
}

/** A uint8 tensor; throws RangeError when the data does not fill the shape. */
export function uint8(dims: readonly number[], data: Uint8Array): Tensor {
  return { type: 'uint8', dims, data: checked(dims, data) };
}

function checked<T extends TensorData>(dims: readonly number[], data: T): T {
  if (data.length !== elementCount(dims)) {
    throw new RangeError(`shape [${dims}] needs ${elementCount(dims)} elements, got ${data.length}`);
  }
  return data;
}
