import { GraphError } from '../graph-error.js';
import {
  MAX_ATTRIBUTES,
  MAX_GRAPH_ENTRIES,
  MAX_NODE_VALUES,
  MAX_NODES,
  MAX_NUMBERS,
  MAX_RANK,
  NEWEST_OPSET,
  OLDEST_OPSET,
} from './inspection-limits.js';
import { type ConstantMessage, readTensorMessage } from './read-tensor-message.js';
import { shown } from './shown.js';
import { type Stretch, viewOf, WireMessage } from './wire-message.js';

/** What a model declares of an input or an output. */
export interface DeclaredMessage {
  name: string;
  /** Number of TensorProto.DataType; undefined: no type is declared. */
  type: number | undefined;
  /** A number is fixed, undefined any size; undefined: no shape is declared. */
  dims: readonly (number | undefined)[] | undefined;
}

export type AttributeValue = number | string | readonly number[] | ConstantMessage;

export interface NodeMessage {
  name: string;
  operator: string;
  inputs: readonly string[];
  outputs: readonly string[];
  attributes: ReadonlyMap<string, AttributeValue>;
}

/** A model as far as it is inspected. */
export interface GraphMessage {
  nodes: readonly NodeMessage[];
  constants: readonly ConstantMessage[];
  inputs: readonly DeclaredMessage[];
  outputs: readonly DeclaredMessage[];
}

/** What a node does, before anything else of it is looked at. */
export interface NodeKind {
  name: string;
  operator: string;
  domain: string;
}

export type CheckNodes = (nodes: readonly NodeKind[]) => void;

/**
 * Reads a model, every part of it within bounds.
 *
 * @param check called with all nodes before the rest of any is read; throws for one that is not accepted
 * @throws GraphError for bytes that are not model, and for what no network here may have: functions, sparse constants,
 * types other than tensors
 */
export function readGraphMessage(bytes: Uint8Array, check: CheckNodes): GraphMessage {
  const model = new WireMessage(bytes, 'ModelProto', MODEL_FIELDS);
  if (model.has(20))
    throw new GraphError('the model brings a training graph of its own; export it for inference');
  if (model.has(25)) {
    const [first] = model.list(25) as [Stretch];
    const name = new WireMessage(first, 'FunctionProto', FUNCTION_FIELDS).text(1);
    throw new GraphError(
      `the model defines functions of its own, such as ${shown(name)}: write them out with onnx.inliner, or export ` +
        'the network with optimize=True',
    );
  }
  checkOperatorSets(model.list(8));
  const graph = openGraph(model);
  const nodes = graph.list(1).map((node) => new WireMessage(node, 'NodeProto', NODE_FIELDS));
  check(nodes.map((node) => ({ name: node.text(3), operator: node.text(4), domain: node.text(7) })));
  return {
    nodes: nodes.map(readNode),
    constants: graph.list(5).map(readTensorMessage),
    inputs: graph.list(11).map(readDeclared),
    outputs: graph.list(12).map(readDeclared),
  };
}

/**
 * Whether a model is of a size that a network can have, before anything reads all of it.
 * @throws GraphError when it has more nodes or constants, or is not a model
 */
export function checkModelSize(bytes: Uint8Array): void {
  openGraph(new WireMessage(bytes, 'ModelProto', MODEL_FIELDS));
}

const MODEL_FIELDS = [1, 2, 3, 4, 5, 6, 7, 8, 14, 20, 25];
const GRAPH_FIELDS = [1, 2, 5, 10, 11, 12, 13, 14, 15, 16];
const NODE_FIELDS = [1, 2, 3, 4, 5, 6, 7, 8, 9];
const FUNCTION_FIELDS = [1, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14];

function checkOperatorSets(sets: readonly Stretch[]): void {
  const versions = new Map<string, number>();
  for (const bytes of sets) {
    const set = new WireMessage(bytes, 'OperatorSetIdProto', [1, 2]);
    const domain = set.text(1) === 'ai.onnx' ? '' : set.text(1);
    if (versions.has(domain)) throw new GraphError(`the model names operator set ${shown(domain)} twice`);
    versions.set(domain, set.int(2) ?? 0);
  }
  const version = versions.get('') ?? 0;
  if (version >= OLDEST_OPSET && version <= NEWEST_OPSET) return;
  throw new GraphError(
    `the model uses ONNX operator set ${version}, and ${OLDEST_OPSET} to ${NEWEST_OPSET} are known here: export it again`,
  );
}

function openGraph(model: WireMessage): WireMessage {
  const bytes = model.bytes(7);
  if (!bytes) throw new GraphError('not an ONNX model that is read here: it has no graph');
  const graph = new WireMessage(bytes, 'GraphProto', GRAPH_FIELDS, MAX_GRAPH_ENTRIES);
  const [nodes, constants] = [graph.list(1).length, graph.list(5).length];
  if (graph.has(15)) {
    throw new GraphError(
      'the model has sparse constants, which no network here needs: store them as dense ones',
    );
  }
  if (nodes <= MAX_NODES && constants <= MAX_NODES) return graph;
  throw new GraphError(
    `the model has ${nodes} nodes and ${constants} constants, and ${MAX_NODES} of each are the most`,
  );
}

function readNode(node: WireMessage): NodeMessage {
  const [name, operator] = [node.text(3), node.text(4)];
  const named = `node ${shown(name)} (${operator})`;
  const [inputs, outputs, list] = [node.texts(1), node.texts(2), node.list(5)];
  if (Math.max(inputs.length, outputs.length) > MAX_NODE_VALUES || list.length > MAX_ATTRIBUTES) {
    throw new GraphError(
      `${named} has more than ${MAX_NODE_VALUES} values or ${MAX_ATTRIBUTES} attributes, more than any network needs`,
    );
  }
  const attributes = new Map<string, AttributeValue>();
  for (const each of list) {
    const [attribute, value] = readAttribute(each, named);
    if (attributes.has(attribute))
      throw new GraphError(`${named} has the attribute ${shown(attribute)} twice`);
    attributes.set(attribute, value);
  }
  return { name, operator, inputs, outputs, attributes };
}

/** Field of an attribute's value by its declared type: FLOAT, INT, STRING, TENSOR, FLOATS, INTS. */
const VALUE_FIELDS: ReadonlyMap<number, number> = new Map([
  [1, 2],
  [2, 3],
  [3, 4],
  [4, 5],
  [6, 7],
  [7, 8],
]);

function readAttribute(bytes: Stretch, node: string): [string, AttributeValue] {
  const message = new WireMessage(
    bytes,
    'AttributeProto',
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 20, 22, 23],
  );
  const name = message.text(1);
  const field = VALUE_FIELDS.get(message.int(20) ?? 0);
  // Name, documentation and type may be there beside the value, and no other value.
  if (field === undefined || message.hasOther([1, 13, 20, field])) {
    throw new GraphError(
      `${node} has the attribute ${shown(name)} that holds a graph, texts or sparse tensors, or is not what it says`,
    );
  }
  switch (field) {
    case 2:
      return [name, message.float(field) ?? 0];
    case 3:
      return [name, message.int(field) ?? 0];
    case 4:
      return [name, message.text(field)];
    case 5: {
      const tensor = readTensorMessage(message.bytes(field) ?? new Uint8Array(0));
      if (!tensor.external) return [name, tensor];
      throw new GraphError(
        `${node} has external data in ${shown(tensor.external.location)} as its attribute ${shown(name)}: only weights may lie in files`,
      );
    }
    case 7:
      return [name, floatsOf(message.fixed(field, 4), node)];
    default:
      return [name, message.ints(field, MAX_NUMBERS)];
  }
}

function floatsOf(stretches: readonly Stretch[], node: string): number[] {
  if (stretches.reduce((sum, { start, end }) => sum + end - start, 0) > 4 * MAX_NUMBERS) {
    throw new GraphError(`${node} has an attribute of more than ${MAX_NUMBERS} numbers`);
  }
  return stretches.flatMap((stretch) => {
    const view = viewOf(stretch);
    return Array.from({ length: Math.floor(view.byteLength / 4) }, (_, i) => view.getFloat32(4 * i, true));
  });
}

function readDeclared(bytes: Stretch): DeclaredMessage {
  const info = new WireMessage(bytes, 'ValueInfoProto', [1, 2, 3, 4]);
  const name = info.text(1);
  const type = info.bytes(2);
  if (!type) return { name, type: undefined, dims: undefined };
  const tensor = new WireMessage(type, 'TypeProto', [1, 4, 5, 6, 8, 9]).bytes(1);
  if (!tensor)
    throw new GraphError(`${shown(name)} is declared as no tensor: only tensors go into a network here`);
  const fields = new WireMessage(tensor, 'TypeProto.Tensor', [1, 2]);
  const shape = fields.bytes(2);
  const dims =
    shape &&
    new WireMessage(shape, 'TensorShapeProto', [1], MAX_RANK).list(1).map((dim) => {
      const fieldsOfDim = new WireMessage(dim, 'TensorShapeProto.Dimension', [1, 2, 3]);
      return fieldsOfDim.has(2) ? undefined : fieldsOfDim.int(1);
    });
  return { name, type: fields.int(1) ?? 0, dims };
}
