import { fromBinary } from '@bufbuild/protobuf';
import { TensorProto_DataLocation as DataLocation, ModelProtoSchema, type TensorProto } from 'onnx-buf';
import { encodeModel } from './encode-model.js';
import { GraphError } from './graph-error.js';

/**
 * Takes constants that lie in other files (ONNX external data) into the model.
 *
 * @param files the bytes of each file, by the location that the model names
 * @returns the model on its own
 * @throws GraphError when a file is not given or too short, or the result would be larger than an ONNX file can be
 */
export function internalizeWeights(model: Uint8Array, files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const message = fromBinary(ModelProtoSchema, model);
  for (const tensor of message.graph?.initializer ?? []) {
    if (tensor.dataLocation !== DataLocation.EXTERNAL) continue;
    tensor.rawData = externalBytes(tensor, files) as Uint8Array<ArrayBuffer>;
    tensor.dataLocation = DataLocation.DEFAULT;
    tensor.externalData = [];
  }
  return encodeModel(message);
}

function externalBytes(
  { name, externalData }: TensorProto,
  files: ReadonlyMap<string, Uint8Array>,
): Uint8Array {
  const entry = (key: string): string | undefined => externalData.find((each) => each.key === key)?.value;
  const location = entry('location') ?? '';
  const file = files.get(location);
  if (!file) throw new GraphError(`"${name}" lies in "${location}", which is not among the files given`);
  const offset = Number(entry('offset') ?? 0);
  const length = Number(entry('length') ?? file.length - offset);
  const fits = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
  if (!fits || offset + length > file.length) {
    throw new GraphError(
      `"${name}" lies at ${offset}, ${length} bytes, of "${location}", which has ${file.length} bytes`,
    );
  }
  return file.subarray(offset, offset + length);
}
