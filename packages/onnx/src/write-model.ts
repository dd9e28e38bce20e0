import { create, toBinary } from '@bufbuild/protobuf';
import {
  type AttributeProto,
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataLocation as DataLocation,
  type GraphProto,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from 'onnx-buf';
import { foreignMessages } from './foreign/foreign-messages.js';
import type { Attribute, Graph } from './graph.js';
import { modelContext } from './model-context.js';
import { ELEMENT_TYPE } from './operators/logic.js';
import { PRODUCER } from './opset.js';
import type { Shape } from './shape.js';
import type { DataType, Tensor, TensorData } from './tensor.js';

/** Where a tensor's little-endian bytes lie in another file. */
export interface ExternalRange {
  offset: number;
  length: number;
}

export interface WriteModelOptions {
  /** Free text beside the graph, as key and value. */
  metadata?: Readonly<Record<string, string>>;
  /** Constants that stay outside the model: the name of the file beside it, and where in it each constant lies. */
  external?: { location: string; ranges: ReadonlyMap<string, ExternalRange> };
}

/**
 * A graph as the bytes of an ONNX model, the same bytes for the same graph. Constants named in `external` are
 * written as references (ONNX external data); the caller writes that file. A graph with a foreign model in it is
 * written in that model's operator set.
 * @throws GraphError when that set is too old for an operator around the model
 */
export function writeModel(graph: Graph, { metadata = {}, external }: WriteModelOptions = {}): Uint8Array {
  const { irVersion, operatorSets, functions } = modelContext(graph);
  const model = create(ModelProtoSchema, {
    irVersion: BigInt(irVersion),
    producerName: PRODUCER,
    opsetImport: [...operatorSets].map(([domain, version]) => ({ domain, version: BigInt(version) })),
    functions: [...functions],
    graph: graphMessage(graph, external),
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
  });
  return toBinary(ModelProtoSchema, model);
}

function graphMessage(
  graph: Graph,
  external?: WriteModelOptions['external'],
  outerName: (name: string) => string = (name) => name,
): GraphProto {
  // The runtime knows an output by its name only, so a declared name replaces the value's own.
  const renamed = new Map<string, string>();
  const identities: { from: string; to: string }[] = [];
  const nameOf = (name: string): string => renamed.get(name) ?? outerName(name);
  for (const { name, value } of graph.outputs) {
    if (value.producer && value.name !== name && !renamed.has(value.name)) renamed.set(value.name, name);
    else if (value.name !== name) identities.push({ from: nameOf(value.name), to: name });
  }
  return create(GraphProtoSchema, {
    name: graph.name,
    node: [
      ...graph.nodes.flatMap((node) =>
        node.foreign
          ? foreignMessages(node, node.foreign, nameOf)
          : create(NodeProtoSchema, {
              opType: node.operator,
              name: node.name,
              input: node.inputs.map((input) => (input ? nameOf(input.name) : '')),
              output: node.outputs.map((output) => nameOf(output.name)),
              attribute: Object.entries(node.attributes).map(([name, attribute]) =>
                attributeMessage(name, attribute, nameOf),
              ),
            }),
      ),
      ...identities.map(({ from, to }) =>
        create(NodeProtoSchema, { opType: 'Identity', name: `${to}/Identity`, input: [from], output: [to] }),
      ),
    ],
    input: graph.inputs.map(({ name, type, shape }) => valueInfo(name, type, shape)),
    output: graph.outputs.map(({ name, value }) => valueInfo(name, value.type, value.shape)),
    initializer: [...graph.initializers].map(([name, tensor]) => tensorMessage(name, tensor, external)),
  });
}

export function valueInfo(name: string, type: DataType, shape: Shape): ValueInfoProto {
  const dim = shape.map((size) => ({
    value:
      typeof size === 'string'
        ? { case: 'dimParam' as const, value: size }
        : { case: 'dimValue' as const, value: BigInt(size) },
  }));
  return create(ValueInfoProtoSchema, {
    name,
    type: { value: { case: 'tensorType', value: { elemType: ELEMENT_TYPE[type], shape: { dim } } } },
  });
}

export function tensorMessage(
  name: string,
  tensor: Tensor,
  external?: WriteModelOptions['external'],
): TensorProto {
  const common = { name, dataType: ELEMENT_TYPE[tensor.type], dims: tensor.dims.map(BigInt) };
  const range = external?.ranges.get(name);
  if (external && range) {
    return create(TensorProtoSchema, {
      ...common,
      dataLocation: DataLocation.EXTERNAL,
      externalData: [
        { key: 'location', value: external.location },
        { key: 'offset', value: String(range.offset) },
        { key: 'length', value: String(range.length) },
      ],
    });
  }
  return create(TensorProtoSchema, { ...common, rawData: littleEndianBytes(tensor.data) });
}

/** The bytes of a typed array. Every platform that runs this is little endian, as ONNX is. */
function littleEndianBytes(data: TensorData): Uint8Array<ArrayBuffer> {
  return new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
}

function attributeMessage(
  name: string,
  attribute: Attribute,
  nameOf: (name: string) => string,
): AttributeProto {
  switch (attribute.kind) {
    case 'int':
      return create(AttributeProtoSchema, { name, type: AttributeType.INT, i: BigInt(attribute.value) });
    case 'float':
      return create(AttributeProtoSchema, { name, type: AttributeType.FLOAT, f: attribute.value });
    case 'string':
      return create(AttributeProtoSchema, {
        name,
        type: AttributeType.STRING,
        s: new TextEncoder().encode(attribute.value),
      });
    case 'ints':
      return create(AttributeProtoSchema, {
        name,
        type: AttributeType.INTS,
        ints: attribute.value.map(BigInt),
      });
    case 'floats':
      return create(AttributeProtoSchema, { name, type: AttributeType.FLOATS, floats: [...attribute.value] });
    case 'tensor':
      return create(AttributeProtoSchema, {
        name,
        type: AttributeType.TENSOR,
        t: tensorMessage('', attribute.value),
      });
    case 'graph':
      return create(AttributeProtoSchema, {
        name,
        type: AttributeType.GRAPH,
        g: graphMessage(attribute.value, undefined, nameOf),
      });
    default:
      return attribute satisfies never;
  }
}
