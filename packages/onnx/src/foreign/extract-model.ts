import type { NodeProto, TensorProto } from 'onnx-buf';
import { GraphError } from '../graph-error.js';
import { namesUsedBy } from './attribute-graphs.js';
import type { ForeignModel, ForeignValue } from './foreign-model.js';

/**
 * The part of a model that makes some of its values: nothing behind them, and no constant that they do not need.
 *
 * @param outputs names of values made by nodes; the result has them in the order in which they are made
 * @throws GraphError when no node makes one of them
 */
export function extractModel(model: ForeignModel, outputs: readonly string[]): ForeignModel {
  const needed = new Set(outputs);
  const nodes: NodeProto[] = [];
  for (let i = model.nodes.length - 1; i >= 0; i--) {
    const node = model.nodes[i] as NodeProto;
    if (!node.output.some((name) => needed.has(name))) continue;
    nodes.push(node);
    for (const name of namesUsedBy(node)) needed.add(name);
  }
  nodes.reverse();
  const wanted = new Set(outputs);
  const made = nodes.flatMap(({ output }) => output.filter((name) => wanted.has(name)));
  const missing = outputs.filter((name) => !made.includes(name));
  if (missing.length > 0)
    throw new GraphError(`no node makes ${missing.map((name) => `"${name}"`).join(', ')}`);
  const initializers = new Map<string, TensorProto>();
  for (const [name, tensor] of model.initializers) if (needed.has(name)) initializers.set(name, tensor);
  const usedFunctions = functionsOf(model, nodes);
  return {
    ...model,
    functions: model.functions.filter((each) => usedFunctions.has(`${each.domain}/${each.name}`)),
    nodes,
    inputs: model.inputs.filter(({ name }) => needed.has(name)),
    outputs: made.map(
      (name): ForeignValue => model.values.get(name) ?? { name, type: undefined, shape: undefined },
    ),
    initializers,
  };
}

/** The functions that nodes call, and those that these call. */
function functionsOf(model: ForeignModel, nodes: readonly NodeProto[]): Set<string> {
  const used = new Set<string>();
  const visit = ({ domain, opType, attribute }: NodeProto): void => {
    for (const { g, graphs } of attribute)
      for (const graph of g ? [g, ...graphs] : graphs) graph.node.forEach(visit);
    const key = `${domain}/${opType}`;
    if (used.has(key)) return;
    used.add(key);
    for (const each of model.functions) {
      if (each.domain === domain && each.name === opType) each.node.forEach(visit);
    }
  };
  nodes.forEach(visit);
  return used;
}
