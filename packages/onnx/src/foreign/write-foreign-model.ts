import { create, toBinary } from '@bufbuild/protobuf';
import { GraphProtoSchema, ModelProtoSchema, TensorProtoSchema, ValueInfoProtoSchema } from 'onnx-buf';
import { PRODUCER } from '../opset.js';
import type { Shape } from '../shape.js';
import type { DataType, Tensor } from '../tensor.js';
import { tensorMessage, valueInfo } from '../write-model.js';
import type { ForeignModel } from './foreign-model.js';

/**
 * A foreign model as bytes, for inputs of the given types and shapes. Its outputs are declared by name only: a runtime
 * finds their types itself, which is what one runs such a model for.
 *
 * @param constants values of initializers that the model itself does not hold
 */
export function writeForeignModel(
  model: ForeignModel,
  inputs: ReadonlyMap<string, { type: DataType; shape: Shape }>,
  constants: ReadonlyMap<string, Tensor> = new Map(),
): Uint8Array {
  const initializer = [...model.initializers].map(([name, tensor]) => {
    const constant = constants.get(name);
    return constant ? tensorMessage(name, constant) : create(TensorProtoSchema, tensor);
  });
  const message = create(ModelProtoSchema, {
    irVersion: BigInt(model.irVersion),
    producerName: PRODUCER,
    opsetImport: [...model.operatorSets].map(([domain, version]) => ({ domain, version: BigInt(version) })),
    functions: [...model.functions],
    graph: create(GraphProtoSchema, {
      name: 'foreign',
      node: [...model.nodes],
      input: [...inputs].map(([name, { type, shape }]) => valueInfo(name, type, shape)),
      output: model.outputs.map(({ name }) => create(ValueInfoProtoSchema, { name })),
      initializer,
    }),
  });
  return toBinary(ModelProtoSchema, message);
}
