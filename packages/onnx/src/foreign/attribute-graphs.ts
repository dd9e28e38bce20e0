import type { AttributeProto, GraphProto, NodeProto, TensorProto } from 'onnx-buf';

/** The graphs inside a node: branches of an If, the body of a Loop. */
export function graphsOf(attribute: AttributeProto): GraphProto[] {
  return attribute.g ? [attribute.g, ...attribute.graphs] : attribute.graphs;
}

/** Names of the values that a node uses, those used inside its graphs included. */
export function namesUsedBy(node: NodeProto): Set<string> {
  const used = new Set(node.input.filter((name) => name !== ''));
  for (const graph of node.attribute.flatMap(graphsOf)) {
    const own = new Set([
      ...graph.input.map(({ name }) => name),
      ...graph.initializer.map(({ name }) => name),
      ...graph.node.flatMap(({ output }) => output),
    ]);
    const inside = [
      ...graph.node.flatMap((inner) => [...namesUsedBy(inner)]),
      ...graph.output.map(({ name }) => name),
    ];
    for (const name of inside) if (!own.has(name)) used.add(name);
  }
  return used;
}

/** Every constant written into a node: its attributes, and those of the graphs inside it. */
export function tensorsInside(node: NodeProto): TensorProto[] {
  return node.attribute.flatMap((attribute) => [
    ...(attribute.t ? [attribute.t] : []),
    ...attribute.tensors,
    ...[...(attribute.sparseTensor ? [attribute.sparseTensor] : []), ...attribute.sparseTensors].flatMap(
      ({ values, indices }) => [values, indices].filter((tensor) => tensor !== undefined),
    ),
    ...graphsOf(attribute).flatMap((graph) => [...graph.initializer, ...graph.node.flatMap(tensorsInside)]),
  ]);
}
