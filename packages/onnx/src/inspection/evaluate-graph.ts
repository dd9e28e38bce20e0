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
  /** The last node that uses it. */
  lastUse: number;
}

/**
 * Follows sizes through a graph, node by node, without computing a tensor.
 *
 * @param inputs what is fed, by name
 * @param batch how many images that is: bounds are for each of them
 * @throws GraphError for a node whose operator does not go with what it takes, or that gives more than the bounds allow
 */
export function evaluateGraph(
  graph: GraphMessage,
  inputs: ReadonlyMap<string, Known>,
  batch: number,
): GraphFacts {
  const values = new Map<string, Held>();
  const uses = lastUses(graph);
  const define = (name: string, known: Known, constant: boolean, index = -1): Held => {
    if (values.has(name)) throw new GraphError(`two things in the graph are called ${shown(name)}`);
    const bytes = countOf(known.dims) * elementBytes(known.type);
    const held = { known, bytes, constant, lastUse: uses.get(name) ?? index };
    if (name !== '') values.set(name, held);
    return held;
  };
  let [storedBytes, madeBytes, liveBytes, work] = [0, 0, 0, 0];
  for (const constant of graph.constants) storedBytes += define(constant.name, constant, true).bytes;
  for (const [name, known] of inputs) liveBytes += define(name, known, false).bytes;
  const mostMade = MAX_MADE_FACTOR * storedBytes + MAX_MADE_BYTES;
  let peak = liveBytes;
  for (const [index, node] of graph.nodes.entries()) {
    const taken = node.inputs.map((name) => (name === '' ? undefined : heldOf(values, name, node)));
    const site = new NodeSite(
      node,
      taken.map((held) => held?.known),
    );
    const rule =
      OPERATOR_RULES.get(node.operator) ?? (() => site.refuse('is not of the operators that are accepted'));
    const given = rule(site);
    const constant = taken.every((held) => held?.constant !== false);
    const made = node.outputs.map((name, at) => {
      const known = given[at] ?? site.refuse('gives more values than its operator has');
      const held = define(name, known, constant, index);
      if (held.bytes <= MAX_TENSOR_BYTES * batch) return held;
      return site.refuse(
        `gives [${known.dims}] of ${held.bytes} bytes, and ${MAX_TENSOR_BYTES} for each image are accepted`,
      );
    });
    work += site.work;
    for (const held of [...taken, ...made]) work += WORK_PER_ELEMENT * (held ? countOf(held.known.dims) : 0);
    if (!(work <= MAX_WORK * batch)) {
      site.refuse(`goes beyond the ${MAX_WORK} multiplications for each image that are accepted`);
    }
    const bytes = made.reduce((sum, held) => sum + held.bytes, 0);
    if (constant) madeBytes += bytes;
    else liveBytes += bytes;
    peak = Math.max(peak, liveBytes + site.scratch);
    if (!(peak <= MAX_LIVE_BYTES * batch)) {
      site.refuse(`goes beyond the ${MAX_LIVE_BYTES} bytes at once for each image that are accepted`);
    }
    if (madeBytes > mostMade) {
      site.refuse(
        `goes beyond the ${mostMade} bytes that a graph with so many weights may make of constants`,
      );
    }
    for (const held of new Set([...taken, ...made])) {
      if (held && !held.constant && held.lastUse <= index) liveBytes -= held.bytes;
    }
  }
  const outputs = new Map<string, Known>();
  for (const { name } of graph.outputs) {
    const held = values.get(name);
    if (held) outputs.set(name, held.known);
  }
  return { outputs, constantBytes: storedBytes + madeBytes, liveBytes: peak, work };
}

function heldOf(values: ReadonlyMap<string, Held>, name: string, node: NodeMessage): Held {
  const held = values.get(name);
  if (held) return held;
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
