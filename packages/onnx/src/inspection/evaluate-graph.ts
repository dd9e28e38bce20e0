import { GraphError } from '../graph-error.js';
import { elementBytes } from './element-types.js';
import {
  MAX_LIVE_BYTES,
  MAX_MADE_BYTES,
  MAX_MADE_FACTOR,
  MAX_TENSOR_BYTES,
  MAX_WORK,
  WORK_PER_ELEMENT,
} from './inspection-limits.js';
import { countOf, type Known, NodeSite } from './node-site.js';
import { OPERATOR_RULES } from './operators/index.js';
import type { GraphMessage, NodeMessage } from './read-graph-message.js';
import { shown } from './shown.js';

/** Nodes between two points where an inspection may yield to other work. */
const NODES_IN_A_STEP = 16;

/** What a graph takes and gives for one size of batch. */
export interface GraphFacts {
  /** By name; those that nothing makes are missing. */
  outputs: ReadonlyMap<string, Known>;
  /** Bytes of constants and of all that follows from constants alone: a runtime keeps it. */
  constantBytes: number;
  /** Most bytes at once of all that follows from the input. */
  liveBytes: number;
  /** Multiplications, or what takes as long. */
  work: number;
}

/** A value on its way through the graph. */
interface Held {
  known: Known;
  bytes: number;
  /** Whether it follows from constants alone. */
  constant: boolean;
  /** The node that makes it; -1 for what is there before. */
  madeBy: number;
  /** The last node that uses it; -1 once it is gone. */
  lastUse: number;
}

/** Values by name. What follows from constants is looked up behind the rest, since it is the same for every batch. */
class Values {
  readonly #own: Map<string, Held> = new Map();
  readonly #behind: ReadonlyMap<string, Held> | undefined;

  constructor(behind?: ReadonlyMap<string, Held>) {
    this.#behind = behind;
  }

  get own(): ReadonlyMap<string, Held> {
    return this.#own;
  }

  get(name: string): Held | undefined {
    return this.#own.get(name) ?? this.#behind?.get(name);
  }

  /** @throws GraphError for a name that is there already */
  define(name: string, value: Held): Held {
    if (this.get(name)) throw new GraphError(`two things in the graph are called ${shown(name)}`);
    if (name !== '') this.#own.set(name, value);
    return value;
  }
}

/** A graph of which all is known that no batch changes. */
export interface FoldedGraph {
  outputs: GraphMessage['outputs'];
  /** Constants, and all that follows from them alone, by name. */
  constants: ReadonlyMap<string, Held>;
  constantBytes: number;
  /** Multiplications of all that follows from constants, or what takes as long. */
  work: number;
  /** Most bytes that a node among these takes while it runs. */
  scratch: number;
  /** The other nodes, by their place in the graph. */
  live: ReadonlyMap<number, NodeMessage>;
  uses: ReadonlyMap<string, number>;
}

/**
 * Follows sizes through all that follows from constants alone, which is most of a head whose weights are folded when it is
 * loaded, without computing a tensor.
 *
 * @throws GraphError as `evaluateGraph`; what does not grow with the batch has to be within the bounds of one image
 */
export function* foldGraph(graph: GraphMessage): Generator<void, FoldedGraph> {
  const constants = new Values();
  const live = new Map<number, NodeMessage>();
  const uses = lastUses(graph);
  let [storedBytes, madeBytes, work, scratch] = [0, 0, 0, 0];
  for (const constant of graph.constants) {
    storedBytes += constants.define(constant.name, held(constant, uses.get(constant.name), -1, true)).bytes;
  }
  const mostMade = MAX_MADE_FACTOR * storedBytes + MAX_MADE_BYTES;
  for (const [index, node] of graph.nodes.entries()) {
    if (index % NODES_IN_A_STEP === 0) yield;
    // What is made further below is refused where the others are followed.
    if (!node.inputs.every((name) => name === '' || constants.get(name))) {
      live.set(index, node);
      continue;
    }
    const step = follow(node, index, constants, uses, true, 1);
    for (const { bytes } of step.made) madeBytes += bytes;
    work += step.work;
    scratch = Math.max(scratch, step.site.scratch);
    checkWork(step.site, work, 1);
    if (madeBytes > mostMade) {
      step.site.refuse(
        `goes beyond the ${mostMade} bytes that a graph with so many weights may make of constants`,
      );
    }
  }
  return {
    outputs: graph.outputs,
    constants: constants.own,
    constantBytes: storedBytes + madeBytes,
    work,
    scratch,
    live,
    uses,
  };
}

/**
 * Follows sizes through a graph, node by node, without computing a tensor.
 *
 * @param inputs what is fed, by name
 * @param batch how many images that is: bounds are for each of them
 * @throws GraphError for a node whose operator does not go with what it takes, or that gives more than the bounds allow
 */
export function* evaluateGraph(
  graph: FoldedGraph,
  inputs: ReadonlyMap<string, Known>,
  batch: number,
): Generator<void, GraphFacts> {
  const values = new Values(graph.constants);
  let liveBytes = 0;
  let { work } = graph;
  for (const [name, known] of inputs) {
    liveBytes += values.define(name, held(known, graph.uses.get(name), -1, false)).bytes;
  }
  let peak = liveBytes + graph.scratch;
  for (const [index, node] of graph.live) {
    if (index % NODES_IN_A_STEP === 0) yield;
    const { taken, made, site, work: own } = follow(node, index, values, graph.uses, false, batch);
    work += own;
    checkWork(site, work, batch);
    for (const { bytes } of made) liveBytes += bytes;
    peak = Math.max(peak, liveBytes + site.scratch);
    if (!(peak <= MAX_LIVE_BYTES * batch)) {
      site.refuse(`goes beyond the ${MAX_LIVE_BYTES} bytes at once for each image that are accepted`);
    }
    for (const each of [...taken, ...made]) {
      if (!each || each.constant || each.lastUse > index || each.lastUse < 0) continue;
      liveBytes -= each.bytes;
      // A node may take a value twice.
      each.lastUse = -1;
    }
  }
  const outputs = new Map<string, Known>();
  for (const { name } of graph.outputs) {
    const found = values.get(name);
    if (found) outputs.set(name, found.known);
  }
  return { outputs, constantBytes: graph.constantBytes, liveBytes: peak, work };
}

interface Step {
  taken: readonly (Held | undefined)[];
  made: readonly Held[];
  site: NodeSite;
  work: number;
}

/** One node: what it makes is among the values afterwards. */
function follow(
  node: NodeMessage,
  index: number,
  values: Values,
  uses: ReadonlyMap<string, number>,
  constant: boolean,
  batch: number,
): Step {
  const taken = node.inputs.map((name) => (name === '' ? undefined : heldOf(values, name, node, index)));
  const site = new NodeSite(
    node,
    taken.map((each) => each?.known),
  );
  const rule =
    OPERATOR_RULES.get(node.operator) ?? (() => site.refuse('is not of the operators that are accepted'));
  const given = rule(site);
  const made = node.outputs.map((name, at) => {
    const known = given[at] ?? site.refuse('gives more values than its operator has');
    const each = values.define(name, held(known, uses.get(name) ?? index, index, constant));
    if (each.bytes <= MAX_TENSOR_BYTES * batch) return each;
    return site.refuse(
      `gives [${known.dims}] of ${each.bytes} bytes, and ${MAX_TENSOR_BYTES} for each image are accepted`,
    );
  });
  let { work } = site;
  for (const each of [...taken, ...made]) work += WORK_PER_ELEMENT * (each ? countOf(each.known.dims) : 0);
  return { taken, made, site, work };
}

function checkWork(site: NodeSite, work: number, batch: number): void {
  if (work <= MAX_WORK * batch) return;
  site.refuse(`goes beyond the ${MAX_WORK} multiplications for each image that are accepted`);
}

function held(known: Known, lastUse: number | undefined, madeBy: number, constant: boolean): Held {
  const bytes = countOf(known.dims) * elementBytes(known.type);
  return { known, bytes, constant, madeBy, lastUse: lastUse ?? madeBy };
}

function heldOf(values: Values, name: string, node: NodeMessage, index: number): Held {
  const found = values.get(name);
  if (found && found.madeBy < index) return found;
  throw new GraphError(
    `node ${shown(node.name)} (${node.operator}) uses ${shown(name)}, which nothing before it makes`,
  );
}

/** The place of the last node that uses each value; outputs are used for ever. */
function lastUses({ nodes, outputs }: GraphMessage): Map<string, number> {
  const uses = new Map<string, number>();
  for (const [index, { inputs }] of nodes.entries()) for (const name of inputs) uses.set(name, index);
  for (const { name } of outputs) uses.set(name, Number.POSITIVE_INFINITY);
  return uses;
}
