// A graph that a stranger wrote is a program: what it may do is settled here, from its bytes alone, before any engine
// sees it. See docs/bundle.md for what is accepted.
import { GraphError } from '../graph-error.js';
import type { DataType } from '../tensor.js';
import { typeName, typeNumber } from './element-types.js';
import { evaluateGraph, foldGraph, type GraphFacts } from './evaluate-graph.js';
import type { Known } from './node-site.js';
import { OPERATOR_RULES } from './operators/index.js';
import {
  type DeclaredMessage,
  type GraphMessage,
  type NodeKind,
  readGraphMessage,
} from './read-graph-message.js';
import type { ConstantMessage } from './read-tensor-message.js';
import { shown } from './shown.js';

/** Type and sizes of what goes in or comes out; `batch` stands for the number of images. */
export interface Feed {
  type: DataType;
  dims: readonly (number | 'batch')[];
}

/** What lies in a file of weights: type and bytes of each tensor, by where it begins. */
export type WeightTable = ReadonlyMap<number, { type: DataType; bytes: number }>;

export interface InspectGraphOptions {
  /** What will be fed: exactly this must be what the graph takes. */
  inputs: ReadonlyMap<string, Feed>;
  /** What the graph must give, and nothing else; left out, whatever it gives. */
  outputs?: ReadonlyMap<string, Feed> | undefined;
  /** The files that constants may lie in, by name; none when left out. */
  weights?: ReadonlyMap<string, WeightTable> | undefined;
  /** How many images are run at once, each number that may come. */
  batches: readonly number[];
}

/**
 * Inspects a graph before it runs: its operators are those of a list, nothing in it is run more than once, its constants
 * lie where they may, what it takes and gives is what is expected, and no tensor of it, all that is in memory at once,
 * and the multiplications it takes are beyond bounds, as they follow from the sizes of what is fed.
 *
 * @returns what it takes for the largest of the batches
 * @throws GraphError that names the node and what is wrong with it, and quotes none of its numbers but sizes
 */
export function inspectGraph(bytes: Uint8Array, options: InspectGraphOptions): GraphFacts {
  const steps = inspectGraphInSteps(bytes, options);
  for (let step = steps.next(); ; step = steps.next()) if (step.done) return step.value;
}

/**
 * As `inspectGraph`, step by step: a graph of thousands of nodes takes longer than a thread that also answers others may be
 * kept. Between two steps it may do something else, or none of the rest.
 */
export function* inspectGraphInSteps(
  bytes: Uint8Array,
  options: InspectGraphOptions,
): Generator<void, GraphFacts> {
  const graph = readGraphMessage(bytes, checkOperators);
  yield;
  for (const constant of graph.constants) checkPlace(constant, options.weights);
  checkDeclared(graph, options);
  // Sizes grow with the batch, unless a graph looks at its sizes and reckons with them. What does not grow with it has
  // to be small enough for one.
  const looks = graph.nodes.some(({ operator }) => operator === 'Shape' || operator === 'Size');
  const sizes = [...new Set(options.batches)].sort((a, b) => a - b);
  const batches = looks ? sizes : sizes.filter((_, at) => at === 0 || at === sizes.length - 1);
  const folded = yield* foldGraph(graph);
  const evaluated: GraphFacts[] = [];
  for (const batch of batches) {
    evaluated.push(yield* evaluateGraph(folded, fed(options.inputs, batch), batch));
  }
  for (const [at, { outputs }] of evaluated.entries()) {
    for (const { name } of graph.outputs) {
      if (!outputs.has(name)) throw new GraphError(`nothing in the graph makes its output ${shown(name)}`);
    }
    if (options.outputs) checkGiven(outputs, options.outputs, batches[at]!);
  }
  return evaluated.reduce((most, facts) => ({
    outputs: facts.outputs,
    constantBytes: Math.max(most.constantBytes, facts.constantBytes),
    liveBytes: Math.max(most.liveBytes, facts.liveBytes),
    work: Math.max(most.work, facts.work),
  }));
}

/** What runs other graphs, or does so as often as a number says. */
const CONTROL_FLOW = ['If', 'Loop', 'Scan', 'SequenceMap'];
/** Operators that are named at most. */
const MOST_NAMED = 5;

function checkOperators(nodes: readonly NodeKind[]): void {
  const refused = new Map<string, string>();
  for (const { name, operator, domain } of nodes) {
    const own = domain === '' || domain === 'ai.onnx';
    if (own && OPERATOR_RULES.has(operator)) continue;
    const kind = own ? operator : `${domain}.${operator}`;
    if (own && CONTROL_FLOW.includes(operator)) {
      throw new GraphError(
        `node ${shown(name)} (${operator}) is control flow, which no network for images needs: export the network for ` +
          'images of a fixed size, or simplify it with onnxsim',
      );
    }
    if (!refused.has(kind)) refused.set(kind, `${shown(kind)} (node ${shown(name)})`);
    if (refused.size === MOST_NAMED) break;
  }
  if (refused.size === 0) return;
  throw new GraphError(
    `the graph uses operators that are not accepted: ${[...refused.values()].join(', ')}; export the network for inference, ` +
      'of standard operators, for images of a fixed size',
  );
}

function checkPlace(
  { name, external, type, count }: ConstantMessage,
  weights: InspectGraphOptions['weights'],
): void {
  if (!external) return;
  const { location, offset, length } = external;
  const table = weights?.get(location);
  if (!table) {
    throw new GraphError(
      `the constant ${shown(name)} has external data in ${shown(location)}, which is none of ${[...(weights?.keys() ?? [])].join(', ') || 'its own'}`,
    );
  }
  const tensor = table.get(offset);
  if (count === 0 || (tensor && tensor.bytes === length && typeNumber(tensor.type) === type)) return;
  throw new GraphError(
    `the constant ${shown(name)} takes ${length} bytes of ${typeName(type)} out of ${location}, and no tensor of it lies there`,
  );
}

function checkDeclared(
  { inputs, constants, nodes, outputs }: GraphMessage,
  options: InspectGraphOptions,
): void {
  const own = new Set(constants.map(({ name }) => name));
  // Before IR version 4 constants were inputs as well.
  const taken = inputs.filter(({ name }) => !own.has(name));
  checkNames('takes', taken, [...options.inputs.keys()]);
  if (options.outputs) checkNames('gives', outputs, [...options.outputs.keys()]);
  for (const declared of taken) checkFeed('takes', declared, options.inputs.get(declared.name));
  for (const declared of outputs) checkFeed('gives', declared, options.outputs?.get(declared.name));
  if (nodes.length === 0) throw new GraphError('not an ONNX model that is read here: it has no nodes');
}

function checkNames(does: string, found: readonly DeclaredMessage[], expected: readonly string[]): void {
  const names = new Set(found.map(({ name }) => name));
  if (
    names.size === found.length &&
    names.size === expected.length &&
    expected.every((name) => names.has(name))
  )
    return;
  throw new GraphError(
    `it ${does} ${[...names].slice(0, MOST_NAMED).map(shown).join(', ') || 'nothing'}, expected was ${expected.map(shown).join(', ')}`,
  );
}

function checkFeed(does: string, { name, type, dims }: DeclaredMessage, expected: Feed | undefined): void {
  // What an output is follows from the graph; declared or not, it is compared with what is expected.
  if (!expected || (type === undefined && does === 'gives')) return;
  const fits = dims?.every((dim, axis) => dim === undefined || dim === expected.dims[axis]) ?? true;
  if (
    type === typeNumber(expected.type) &&
    fits &&
    (dims?.length ?? expected.dims.length) === expected.dims.length
  )
    return;
  throw new GraphError(
    `it ${does} ${shown(name)} as ${typeName(type ?? 0)} [${dims?.map((dim) => dim ?? '?') ?? '?'}], expected was ${expected.type} [${expected.dims}]`,
  );
}

function checkGiven(found: GraphFacts['outputs'], expected: ReadonlyMap<string, Feed>, batch: number): void {
  for (const [name, known] of fed(expected, batch)) {
    const { type, dims } = found.get(name) as Known;
    if (type === known.type && `${dims}` === `${known.dims}`) continue;
    throw new GraphError(
      `it gives ${shown(name)} as ${typeName(type)} [${dims}] for a batch of ${batch}, expected was ${typeName(known.type)} [${known.dims}]`,
    );
  }
}

function fed(feeds: ReadonlyMap<string, Feed>, batch: number): Map<string, Known> {
  return new Map(
    [...feeds].map(([name, { type, dims }]) => [
      name,
      { type: typeNumber(type), dims: dims.map((dim) => (dim === 'batch' ? batch : dim)) },
    ]),
  );
}
