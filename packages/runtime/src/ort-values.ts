// What onnxruntime-node and onnxruntime-web have in common: their metadata and tensors, and ours.
import type { DataType, Tensor } from '@cflow/onnx';
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-common';
import type { TensorInfo } from './session.js';
import { copyOfBytes, isDataType, typedArray } from './typed-array.js';

/** Throws, in words that make the model the one at fault, for what is not a tensor or of a type that is not known. */
export function tensorInfo(metadata: InferenceSession.ValueMetadata): TensorInfo {
  if (!metadata.isTensor) throw new Error(`invalid model for this use: "${metadata.name}" is not a tensor`);
  const { name, type, shape } = metadata;
  if (!isDataType(type)) throw new Error(`invalid model for this use: "${name}" has the type ${type}`);
  return { name, type, dims: [...shape] };
}

/**
 * A plain object in the shape that the engines read. Their own Tensor would turn float16 bits into a Float16Array
 * where the language has one (Node 24), which onnxruntime-node then refuses.
 */
export function toOrt({ type, dims, data }: Tensor): OrtTensor {
  // onnxruntime-node refuses shared memory.
  const own = data.buffer instanceof ArrayBuffer ? data : typedArray(type, copyOfBytes(data));
  return { type, dims: [...dims], data: own, location: 'cpu' } as unknown as OrtTensor;
}

export function fromOrt({ type, dims, data }: OrtTensor): Tensor {
  const { buffer, byteOffset, length } = data as Float32Array;
  return {
    type: type as DataType,
    dims: [...dims],
    data: typedArray(type as DataType, buffer, byteOffset, length),
  };
}
