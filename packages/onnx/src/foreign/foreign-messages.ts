import {
  AttributeProtoSchema,
  type GraphProto,
  GraphProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  SparseTensorProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from 'onnx-buf';
import type { Node } from '../graph.js';
import type { ForeignNodes } from './foreign-model.js';
import { withFields } from './with-fields.js';

/**
 * The nodes of a foreign model under names that fit into the graph around them.
 *
 * @param nameOf what a value of the graph is called where it is written
 */
export function foreignMessages(
  { name: scope, inputs, outputs }: Node,
  foreign: ForeignNodes,
  nameOf: (name: string) => string,
): NodeProto[] {
  const names = new Map<string, string>([['', '']]);
  foreign.inputs.forEach((name, index) => {
    const value = inputs[index];
    if (value) names.set(name, nameOf(value.name));
  });
  foreign.outputs.forEach((name, index) => {
    const value = outputs[index];
    if (value) names.set(name, nameOf(value.name));
  });
  const rename = (name: string): string => names.get(name) ?? `${scope}/${name}`;
  return foreign.nodes.map((node) => renamedNode(node, rename));
}

// Names are unique throughout a model, graphs inside nodes included, so one renaming does for all of them.
function renamedNode(node: NodeProto, rename: (name: string) => string): NodeProto {
  return withFields(NodeProtoSchema, node, {
    name: rename(node.name),
    docString: '',
    metadataProps: [],
    input: node.input.map(rename),
    output: node.output.map(rename),
    attribute: node.attribute.map((attribute) => {
      const { g, graphs } = attribute;
      if (!g && graphs.length === 0) return attribute;
      return withFields(AttributeProtoSchema, attribute, {
        ...(g && { g: renamedGraph(g, rename) }),
        graphs: graphs.map((graph) => renamedGraph(graph, rename)),
      });
    }),
  });
}

function renamedGraph(graph: GraphProto, rename: (name: string) => string): GraphProto {
  const renamedValue = (value: ValueInfoProto): ValueInfoProto =>
    withFields(ValueInfoProtoSchema, value, { name: rename(value.name) });
  const renamedTensor = (tensor: TensorProto): TensorProto =>
    withFields(TensorProtoSchema, tensor, { name: rename(tensor.name) });
  return withFields(GraphProtoSchema, graph, {
    node: graph.node.map((node) => renamedNode(node, rename)),
    input: graph.input.map(renamedValue),
    output: graph.output.map(renamedValue),
    initializer: graph.initializer.map(renamedTensor),
    sparseInitializer: graph.sparseInitializer.map((sparse) =>
      sparse.values
        ? withFields(SparseTensorProtoSchema, sparse, { values: renamedTensor(sparse.values) })
        : sparse,
    ),
    valueInfo: [],
    quantizationAnnotation: [],
    metadataProps: [],
    docString: '',
  });
}
