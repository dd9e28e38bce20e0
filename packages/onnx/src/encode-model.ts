import { toBinary } from '@bufbuild/protobuf';
import { type ModelProto, ModelProtoSchema } from 'onnx-buf';
import { GraphError } from './graph-error.js';

/** Bytes that a model with its weights inside may have: protobuf counts lengths in 31 bits. */
export const MAX_MODEL_BYTES: number = 2 ** 31 - 1;

/** @throws GraphError when the weights alone are more than one file can hold */
export function encodeModel(model: ModelProto): Uint8Array {
  const weights = model.graph?.initializer.reduce((sum, { rawData }) => sum + rawData.length, 0) ?? 0;
  if (weights > MAX_MODEL_BYTES) {
    throw new GraphError(
      `the weights take ${weights} bytes, and an ONNX file with its weights inside holds ${MAX_MODEL_BYTES} at most`,
    );
  }
  return toBinary(ModelProtoSchema, model);
}
