import type { ForeignContext } from './foreign/foreign-model.js';
import type { Graph, Node } from './graph.js';
import { GraphError } from './graph-error.js';
import { isAlikeIn } from './older-operators.js';
import { OPSET } from './opset.js';

const OWN: ForeignContext = { irVersion: 8, operatorSets: new Map([['', OPSET]]), functions: [] };

/**
 * What a model of this graph has to declare: our own operator set, or that of the foreign model in it.
 * @throws GraphError when the two do not go together
 */
export function modelContext(graph: Graph): ForeignContext {
  const nodes = nodesOf(graph);
  const [foreign, ...others] = nodes.flatMap((node) => node.foreign ?? []);
  if (!foreign) return OWN;
  if (others.length > 0) throw new GraphError(`graph "${graph.name}" holds more than one foreign model`);
  const version = foreign.operatorSets.get('') ?? 0;
  const tooNew = nodes.find(({ operator, foreign: inside }) => !inside && !isAlikeIn(operator, version));
  if (tooNew) {
    throw new GraphError(
      `the foreign model in "${graph.name}" uses operator set ${version}, and ${tooNew.operator} beside it needs ` +
        `${OPSET}: export the model again with operator set ${OPSET} or newer`,
    );
  }
  return { ...foreign, irVersion: Math.max(foreign.irVersion, OWN.irVersion) };
}

function nodesOf(graph: Graph): Node[] {
  return graph.nodes.flatMap((node) => [
    node,
    ...Object.values(node.attributes).flatMap((attribute) =>
      attribute.kind === 'graph' ? nodesOf(attribute.value) : [],
    ),
  ]);
}
