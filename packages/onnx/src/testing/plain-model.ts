// Models written message by message, as a stranger could: what the builders here would not write.
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import {
  type AttributeProto,
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  GraphProtoSchema,
  ModelProtoSchema,
  type NodeProtoSchema,
} from 'onnx-buf';
import type { Shape } from '../shape.js';
import type { DataType, Tensor } from '../tensor.js';
import { tensorMessage, valueInfo } from '../write-model.js';

export type PlainNode = MessageInitShape<typeof NodeProtoSchema>;
export type PlainGraph = MessageInitShape<typeof GraphProtoSchema>;

export interface PlainModel {
  nodes: PlainNode[];
  inputs?: Readonly<Record<string, readonly [DataType, Shape]>>;
  outputs?: Readonly<Record<string, readonly [DataType, Shape]>>;
  constants?: Readonly<Record<string, Tensor>>;
  opset?: number;
  graph?: PlainGraph;
  model?: MessageInitShape<typeof ModelProtoSchema>;
}

export function plainModel({
  nodes,
  inputs = {},
  outputs = {},
  constants = {},
  opset = 18,
  graph = {},
  model = {},
}: PlainModel): Uint8Array {
  const declared = (values: NonNullable<PlainModel['inputs']>) =>
    Object.entries(values).map(([name, [type, shape]]) => valueInfo(name, type, shape));
  const message = create(ModelProtoSchema, {
    irVersion: 8n,
    opsetImport: [{ domain: '', version: BigInt(opset) }],
    graph: create(GraphProtoSchema, {
      name: 'plain',
      node: nodes,
      input: declared(inputs),
      output: declared(outputs),
      initializer: Object.entries(constants).map(([name, tensor]) => tensorMessage(name, tensor)),
      ...graph,
    } as PlainGraph),
    ...model,
  } as MessageInitShape<typeof ModelProtoSchema>);
  return toBinary(ModelProtoSchema, message);
}

/** Attributes by their plain values: whole numbers, `{ f }` for the others, texts, lists, tensors. */
export type PlainAttributes = Readonly<
  Record<string, number | string | readonly number[] | { f: number } | { floats: number[] } | Tensor>
>;

export function plainNode(
  opType: string,
  input: string[],
  output: string[],
  attributes: PlainAttributes = {},
  more: PlainNode = {},
): PlainNode {
  const attribute = Object.entries(attributes).map(([name, value]) => plainAttribute(name, value));
  return { opType, name: `the ${opType}`, input, output, attribute, ...more };
}

function plainAttribute(name: string, value: PlainAttributes[string]): AttributeProto {
  const { FLOAT, FLOATS, INT, INTS, STRING, TENSOR } = AttributeType;
  if (typeof value === 'number') return create(AttributeProtoSchema, { name, type: INT, i: BigInt(value) });
  if (typeof value === 'string') {
    return create(AttributeProtoSchema, { name, type: STRING, s: new TextEncoder().encode(value) });
  }
  if ('f' in value) return create(AttributeProtoSchema, { name, type: FLOAT, f: value.f });
  if ('floats' in value) return create(AttributeProtoSchema, { name, type: FLOATS, floats: value.floats });
  if ('data' in value)
    return create(AttributeProtoSchema, { name, type: TENSOR, t: tensorMessage('', value) });
  return create(AttributeProtoSchema, { name, type: INTS, ints: value.map(BigInt) });
}
