// Our own operators are written for OPSET. A network from outside may be of an older set, and one model has one set: what
// stands beside it is then written as that set has it. Source: the operators' versions in ONNX's Operators.md.
import { create } from '@bufbuild/protobuf';
import {
  type AttributeProto,
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  type GraphProto,
  type NodeProto,
  type TensorProto,
} from 'onnx-buf';
import { readTensor } from './foreign/read-tensor.js';
import { GraphError } from './graph-error.js';
import { OPSET } from './opset.js';

/** The oldest operator set that a model from outside may use: all that is known of operators here begins with it. */
export const OLDEST_OPSET = 11;

/** Operators that are written alike from set 11 to 18. */
const ALIKE: ReadonlySet<string> = new Set([
  ...[
    'Abs',
    'Add',
    'And',
    'AveragePool',
    'Cast',
    'Clip',
    'Concat',
    'Conv',
    'ConvTranspose',
    'Div',
    'Exp',
    'Expand',
    'Gather',
    'Gemm',
  ],
  ...[
    'GlobalAveragePool',
    'Greater',
    'HardSigmoid',
    'Identity',
    'Less',
    'Log',
    'Loop',
    'MatMul',
    'Max',
    'MaxPool',
    'Min',
  ],
  ...[
    'Mod',
    'Mul',
    'Neg',
    'Not',
    'Relu',
    'Reshape',
    'ScatterElements',
    'Sigmoid',
    'Slice',
    'Softplus',
    'Sqrt',
    'Sub',
  ],
  ...['Tanh', 'Transpose', 'Where'],
]);

/** Operators of which the second input was an attribute of that name before some set. */
const INPUT_WAS_ATTRIBUTE: Readonly<Record<string, { since: number; name: string }>> = {
  ReduceMax: { since: 18, name: 'axes' },
  ReduceMean: { since: 18, name: 'axes' },
  ReduceSum: { since: 13, name: 'axes' },
  Split: { since: 13, name: 'split' },
};

/** Whether an operator of ours, as it is written for {@link OPSET}, means the same in an older operator set. */
export function isAlikeIn(operator: string, version: number): boolean {
  if (version >= OPSET || ALIKE.has(operator)) return true;
  const moved = INPUT_WAS_ATTRIBUTE[operator];
  return moved !== undefined && version >= moved.since;
}

/**
 * Makes the nodes of a model of ours those of an older operator set.
 * @param graph changed in place
 * @throws GraphError for an operator that the older set does not have
 */
export function writeForOlder(graph: GraphProto, version: number): void {
  lower(graph, version, new Map());
}

function lower(graph: GraphProto, version: number, outer: ReadonlyMap<string, TensorProto>): void {
  const constants = new Map([...outer, ...graph.initializer.map((each) => [each.name, each] as const)]);
  for (const node of graph.node) {
    lowerNode(node, version, constants);
    for (const { g, graphs } of node.attribute) {
      for (const inner of g ? [g, ...graphs] : graphs) lower(inner, version, constants);
    }
  }
}

function lowerNode(node: NodeProto, version: number, constants: ReadonlyMap<string, TensorProto>): void {
  if (isAlikeIn(node.opType, version)) return;
  const moved = INPUT_WAS_ATTRIBUTE[node.opType];
  const input = node.input[1];
  const constant = input ? constants.get(input) : undefined;
  if (!moved || (input && !constant)) {
    throw new GraphError(
      `"${node.opType}" is written for operator set ${OPSET}, and beside a model of set ${version} it cannot be: make that model ` +
        `again with operator set ${OPSET} or newer`,
    );
  }
  if (constant) node.attribute.push(integers(moved.name, constant));
  node.input.splice(1);
}

function integers(name: string, constant: TensorProto): AttributeProto {
  const ints = [...(readTensor(constant).data as BigInt64Array)];
  return create(AttributeProtoSchema, { name, type: AttributeType.INTS, ints });
}
