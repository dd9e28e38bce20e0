// Reverse-mode differentiation on the graph: the backward pass is more nodes of the same graph.
import type { Node, Value } from './graph.js';
import { GraphError } from './graph-error.js';
import { Add } from './operators/arithmetic.js';
import { formatShape, staticCount } from './shape.js';

/**
 * Gradients of a scalar `loss` with respect to `wrt`, as new values of the loss's graph, in the order of `wrt`.
 *
 * Throws GraphError when the loss has more than one element, when it does not depend on one of `wrt`, or when an
 * operator on the way has no derivative.
 */
export function gradients(loss: Value, wrt: readonly Value[]): Value[] {
  if (staticCount(loss.shape) !== 1) {
    throw new GraphError(`gradients: the loss must be one number, got shape ${formatShape(loss.shape)}`);
  }
  const { graph } = loss;
  const { nodes } = graph;
  const last = nodes.indexOf(loss.producer as Node);
  const active = dependents(nodes.slice(0, last + 1), wrt);
  const seed = graph.constant(
    { type: 'float32', dims: loss.shape as number[], data: Float32Array.of(1) },
    'one',
  );
  const cotangents = new Map<Value, Value>([[loss, seed]]);

  for (let index = last; index >= 0; index--) {
    const node = nodes[index] as Node;
    const incoming = node.outputs.map((output) => cotangents.get(output));
    const wanted = node.inputs.some((input) => input && active.has(input));
    if (!wanted || incoming.every((cotangent) => cotangent === undefined)) continue;
    if (!node.vjp) throw new GraphError(`gradients: ${node.operator} ("${node.name}") has no derivative`);
    const products = node.vjp(incoming);
    node.inputs.forEach((input, i) => {
      if (!input || !active.has(input)) return;
      const contribution = products[i]?.();
      if (!contribution) return;
      const sofar = cotangents.get(input);
      cotangents.set(input, sofar ? Add(sofar, contribution) : contribution);
    });
  }
  return wrt.map((value) => {
    const gradient = cotangents.get(value);
    if (!gradient) throw new GraphError(`gradients: the loss does not depend on "${value.name}"`);
    return gradient;
  });
}

/** The values that depend on `wrt`: only their cotangents are worth building. */
function dependents(nodes: readonly Node[], wrt: readonly Value[]): Set<Value> {
  const active = new Set<Value>(wrt);
  for (const node of nodes) {
    if (node.inputs.some((input) => input && active.has(input))) {
      for (const output of node.outputs) active.add(output);
    }
  }
  return active;
}
