import { fromBinary } from '@bufbuild/protobuf';
import {
  TensorProto_DataLocation as DataLocation,
  FunctionProtoSchema,
  type GraphProto,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type ValueInfoProto,
} from 'onnx-buf';
import { GraphError } from '../graph-error.js';
import { checkModelSize } from '../inspection/read-graph-message.js';
import type { Dim } from '../shape.js';
import { namesUsedBy, tensorsInside } from './attribute-graphs.js';
import { dataTypeOf } from './data-type-of.js';
import type { ForeignModel, ForeignValue } from './foreign-model.js';
import { withFields } from './with-fields.js';

/**
 * Reads an ONNX model. Constants share memory with `bytes`; those in other files are not read. What it does is inspected
 * where it is run: see `inspectGraph`.
 * @throws GraphError when the bytes are no model, or one whose nodes cannot run in their order
 */
export function readModel(bytes: Uint8Array): ForeignModel {
  checkModelSize(bytes);
  const message = decode(bytes);
  const graph = message.graph;
  if (!graph || graph.node.length === 0) throw new GraphError('not an ONNX model: it has no nodes');
  const operatorSets = new Map<string, number>();
  for (const { domain, version } of message.opsetImport) {
    operatorSets.set(domain === 'ai.onnx' ? '' : domain, Number(version));
  }
  if (!((operatorSets.get('') ?? 0) > 0)) throw new GraphError('not an ONNX model: it names no operator set');
  const nodes = graph.node.map(withoutRemarks);
  const functions = message.functions.map((each) =>
    withFields(FunctionProtoSchema, each, {
      docString: '',
      metadataProps: [],
      node: each.node.map(withoutRemarks),
    }),
  );
  for (const node of [...nodes, ...functions.flatMap(({ node: inner }) => inner)]) rejectExternal(node);
  checkOrder(graph, nodes);
  const initializers = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  const values = new Map(
    [...graph.valueInfo, ...graph.input, ...graph.output].map((info) => [info.name, foreignValue(info)]),
  );
  return {
    irVersion: Number(message.irVersion),
    operatorSets,
    functions,
    nodes,
    // Before IR version 4 constants were inputs as well.
    inputs: graph.input.filter(({ name }) => !initializers.has(name)).map(foreignValue),
    outputs: graph.output.map(foreignValue),
    values,
    initializers,
  };
}

function decode(bytes: Uint8Array): ModelProto {
  try {
    return fromBinary(ModelProtoSchema, bytes);
  } catch (cause) {
    throw new GraphError(`not an ONNX model: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

/** Exporters leave stack traces and paths of their machine in the remarks of a node. */
function withoutRemarks(node: NodeProto): NodeProto {
  return withFields(NodeProtoSchema, node, { docString: '', metadataProps: [] });
}

/** A constant inside a node that lies in another file would be lost when the model is moved. */
function rejectExternal(node: NodeProto): void {
  if (tensorsInside(node).some(({ dataLocation }) => dataLocation === DataLocation.EXTERNAL)) {
    throw new GraphError(`node "${node.name}" (${node.opType}) has a constant in another file`);
  }
}

function checkOrder(graph: GraphProto, nodes: readonly NodeProto[]): void {
  const defined = new Set([
    ...graph.input.map(({ name }) => name),
    ...graph.initializer.map(({ name }) => name),
    ...graph.sparseInitializer.map(({ values }) => values?.name ?? ''),
  ]);
  for (const node of nodes) {
    for (const name of namesUsedBy(node)) {
      if (!defined.has(name)) {
        throw new GraphError(
          `node "${node.name}" (${node.opType}) uses "${name}", which nothing before it makes`,
        );
      }
    }
    for (const name of node.output) {
      if (name === '') continue;
      if (defined.has(name)) throw new GraphError(`two things in the model are called "${name}"`);
      defined.add(name);
    }
  }
}

function foreignValue({ name, type }: ValueInfoProto): ForeignValue {
  if (type?.value.case !== 'tensorType') return { name, type: undefined, shape: undefined };
  const { elemType, shape } = type.value.value;
  const dims = shape?.dim.map(({ value }): Dim => {
    if (value.case === 'dimValue' && value.value >= 0n) return Number(value.value);
    return (value.case === 'dimParam' && value.value) || '?';
  });
  return { name, type: dataTypeOf(elemType), shape: dims };
}
