// ONNX messages as an attacker writes them: by hand, with what no exporter would put into them.
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import {
  AttributeProto_AttributeType,
  type AttributeProtoSchema,
  type GraphProto,
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  TensorProto_DataLocation,
  TensorProto_DataType,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from 'onnx-buf';

type Attribute = MessageInitShape<typeof AttributeProtoSchema>;

export const FLOAT: number = TensorProto_DataType.FLOAT;
export const INT64: number = TensorProto_DataType.INT64;
export const BOOL: number = TensorProto_DataType.BOOL;

export function node(
  opType: string,
  input: string[],
  output: string[],
  attribute: Attribute[] = [],
  domain = '',
): NodeProto {
  return create(NodeProtoSchema, {
    name: `${opType}:${output[0]}`,
    opType,
    input,
    output,
    attribute,
    domain,
  });
}

export const graphAttribute = (name: string, g: GraphProto): Attribute => ({
  name,
  type: AttributeProto_AttributeType.GRAPH,
  g,
});
export const intAttribute = (name: string, i: bigint): Attribute => ({
  name,
  type: AttributeProto_AttributeType.INT,
  i,
});
export const tensorAttribute = (name: string, t: TensorProto): Attribute => ({
  name,
  type: AttributeProto_AttributeType.TENSOR,
  t,
});

export function int64s(name: string, values: readonly bigint[], dims = [BigInt(values.length)]): TensorProto {
  const rawData = new Uint8Array(BigInt64Array.from(values).buffer);
  return create(TensorProtoSchema, { name, dataType: INT64, dims, rawData });
}

export function bool(name: string, value: boolean): TensorProto {
  return create(TensorProtoSchema, { name, dataType: BOOL, dims: [], rawData: Uint8Array.of(Number(value)) });
}

/** A constant whose bytes are said to lie in a file of the one who runs it. */
export function external(
  name: string,
  location: string,
  { length = 4n, offset = 0n, dims = [1n] }: { length?: bigint; offset?: bigint; dims?: bigint[] } = {},
): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dataType: FLOAT,
    dims,
    dataLocation: TensorProto_DataLocation.EXTERNAL,
    externalData: [
      { key: 'location', value: location },
      { key: 'offset', value: String(offset) },
      { key: 'length', value: String(length) },
    ],
  });
}

/** A value that is declared; without a shape, of any. */
export function value(name: string, elemType = FLOAT, dims?: readonly bigint[]): ValueInfoProto {
  return create(ValueInfoProtoSchema, {
    name,
    type: {
      value: {
        case: 'tensorType',
        value: {
          elemType,
          ...(dims && {
            shape: { dim: dims.map((each) => ({ value: { case: 'dimValue' as const, value: each } })) },
          }),
        },
      },
    },
  });
}

export function subgraph(
  nodes: NodeProto[],
  outputs: ValueInfoProto[],
  { inputs = [], constants = [] }: { inputs?: ValueInfoProto[]; constants?: TensorProto[] } = {},
): GraphProto {
  return create(GraphProtoSchema, {
    name: 'inner',
    node: nodes,
    input: inputs,
    output: outputs,
    initializer: constants,
  });
}

/** Changes a model that lies among the files of a bundle. */
export function changeModel(
  files: Map<string, Uint8Array>,
  file: string,
  change: (model: ModelProto, graph: GraphProto) => void,
): void {
  const model = fromBinary(ModelProtoSchema, files.get(file) as Uint8Array);
  change(model, model.graph as GraphProto);
  files.set(file, toBinary(ModelProtoSchema, model));
}

/**
 * Lets a value of the model depend on what an attacker adds: the nodes make a number `hostile`, which is added to it.
 *
 * @param target a value that the model computes
 */
export function addTo(graph: GraphProto, target: string, nodes: readonly NodeProto[]): void {
  for (const each of graph.node) {
    each.output = each.output.map((name) => (name === target ? 'honest' : name));
    each.input = each.input.map((name) => (name === target ? 'honest' : name));
  }
  graph.node.push(...nodes, node('Add', ['honest', 'hostile'], [target]));
}
