import { create, fromBinary } from '@bufbuild/protobuf';
import {
  type AttributeProto,
  type GraphProto,
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  type OperatorSetIdProto,
} from 'onnx-buf';
import { encodeModel } from './encode-model.js';
import { namesUsedBy } from './foreign/attribute-graphs.js';
import { GraphError } from './graph-error.js';
import { OLDEST_OPSET, writeForOlder } from './older-operators.js';
import { OPSET, PRODUCER } from './opset.js';

export interface MergeModelsOptions {
  /** Outputs of the second model that the result has, in this order. Default: all. */
  outputs?: readonly string[];
  /** Outputs of the first model that the result has too, after those of the second. Default: none. */
  keep?: readonly string[] | 'all';
  /** Put before the name of every value and node of the second model, so that none is met twice. Default `head/`. */
  prefix?: string;
  /** The output of the first that feeds an input of the second. Default: the one of its name. */
  feedOf?: (input: string) => string;
  /** Name of the result's graph. Default: that of the first. */
  name?: string;
  /** Free text beside the graph, as key and value. */
  metadata?: Readonly<Record<string, string>>;
}

/**
 * Puts one model behind another: the outputs of the first feed the inputs of the second that have the same names. The
 * result takes what the first takes and gives what the second gives.
 *
 * @throws GraphError when the second has an input that the first does not give, an output is asked for that is not
 * there, the two use versions of an operator set that do not go together, or the result would be larger than an ONNX file can be
 */
export function mergeModels(
  first: Uint8Array,
  second: Uint8Array,
  options: MergeModelsOptions = {},
): Uint8Array {
  const a = fromBinary(ModelProtoSchema, first);
  const b = fromBinary(ModelProtoSchema, second);
  const before = graphOf(a);
  const after = graphOf(b);
  const opsetImport = operatorSets(a, b);
  const { outputs = after.output.map(({ name }) => name), prefix = 'head/', metadata = {} } = options;
  const { feedOf = (input) => input } = options;
  const given = new Set(before.output.map(({ name }) => name));
  const constants = new Set(after.initializer.map(({ name }) => name));
  for (const { name } of after.input) {
    if (!given.has(feedOf(name)) && !constants.has(name)) {
      throw new GraphError(`the second model takes "${feedOf(name)}", which the first does not give`);
    }
  }
  const results = new Set(after.output.map(({ name }) => name));
  const missing = outputs.filter((name) => !results.has(name));
  if (missing.length > 0) {
    throw new GraphError(`the second model does not give ${missing.map((name) => `"${name}"`).join(', ')}`);
  }
  const { keep: kept = [] } = options;
  const keep = kept === 'all' ? [...given] : kept;
  const lost = keep.find((name) => !given.has(name));
  if (lost !== undefined) throw new GraphError(`the first model does not give "${lost}"`);
  const wanted = new Set(outputs);
  const connected = new Map(
    after.input.map(({ name }) => [name, feedOf(name)] as const).filter(([, feed]) => given.has(feed)),
  );
  const taken = new Set(before.node.flatMap(({ output }) => output));
  for (const name of wanted) {
    if (taken.has(name)) throw new GraphError(`both models have a value named "${name}"`);
  }
  renameGraph(
    after,
    (name) => connected.get(name) ?? (name === '' || wanted.has(name) ? name : prefix + name),
  );
  const node = [...before.node, ...after.node];
  // A runtime complains about constants that nobody uses, and they make the file larger.
  const used = new Set([...node.flatMap((each) => [...namesUsedBy(each)]), ...outputs, ...keep]);
  return encodeModel(
    create(ModelProtoSchema, {
      irVersion: BigInt(Math.max(Number(a.irVersion), Number(b.irVersion))),
      producerName: PRODUCER,
      opsetImport,
      functions: [...a.functions, ...b.functions],
      metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
      graph: create(GraphProtoSchema, {
        name: options.name ?? before.name,
        node,
        input: before.input,
        output: [
          ...outputs.flatMap((name) => after.output.filter((each) => each.name === name)),
          ...keep.flatMap((name) => before.output.filter((each) => each.name === name)),
        ],
        initializer: [...before.initializer, ...after.initializer].filter(({ name }) => used.has(name)),
      }),
    }),
  );
}

function graphOf({ graph }: ModelProto): GraphProto {
  if (!graph) throw new GraphError('not an ONNX model: it has no graph');
  return graph;
}

/**
 * The operator sets of two models in one. Where they differ, our own operators are written for the other's set, be it older
 * or newer: a stranger's may mean something else there.
 */
function operatorSets(a: ModelProto, b: ModelProto): OperatorSetIdProto[] {
  const sets = new Map(a.opsetImport.map((each) => [each.domain, each]));
  for (const each of b.opsetImport) {
    const other = sets.get(each.domain);
    if (!other || other.version === each.version) sets.set(each.domain, each);
    else if (follows(a, other, each)) sets.set(each.domain, each);
    else if (!follows(b, each, other)) {
      const versions = [other.version, each.version].sort().join(' and ');
      throw new GraphError(
        `the models use versions ${versions} of operator set "${each.domain || 'ai.onnx'}": ` +
          `make one of them again with the version of the other`,
      );
    }
  }
  return [...sets.values()];
}

/**
 * Whether a model can go by another operator set, for which it is then written: our own operators mean the same in all that
 * came after theirs, and in older ones what they mean is known.
 */
function follows(model: ModelProto, from: OperatorSetIdProto, to: OperatorSetIdProto): boolean {
  const isOurs = model.producerName === PRODUCER && from.domain === '' && from.version === BigInt(OPSET);
  if (!isOurs || to.version < BigInt(OLDEST_OPSET)) return false;
  if (to.version < from.version) writeForOlder(graphOf(model), Number(to.version));
  return true;
}

// Graphs inside nodes see the names around them, so one renaming does for all of them.
function renameGraph(graph: GraphProto, rename: (name: string) => string): void {
  for (const node of graph.node) renameNode(node, rename);
  for (const each of [...graph.input, ...graph.output, ...graph.initializer]) each.name = rename(each.name);
}

function renameNode(node: NodeProto, rename: (name: string) => string): void {
  node.name = rename(node.name);
  node.input = node.input.map(rename);
  node.output = node.output.map(rename);
  for (const { g, graphs } of node.attribute as Pick<AttributeProto, 'g' | 'graphs'>[]) {
    for (const inner of g ? [g, ...graphs] : graphs) renameGraph(inner, rename);
  }
}
