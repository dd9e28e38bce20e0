import { type Graph, innermost, type OutputType, type Value } from '../graph.js';
import { GraphError } from '../graph-error.js';
import { OLDEST_OPSET } from '../older-operators.js';
import type { ForeignModel } from './foreign-model.js';

/**
 * Puts a model into a graph, as one node.
 *
 * @param values what stands for each of the model's inputs and initializers, by name
 * @param outputs type and shape of each of the model's outputs, by name
 * @returns the model's outputs, by name
 * @throws GraphError when something is missing, or the model's operator set is older than 11
 */
export function importModel(
  graph: Graph,
  model: ForeignModel,
  values: ReadonlyMap<string, Value>,
  outputs: ReadonlyMap<string, OutputType>,
): Map<string, Value> {
  const version = model.operatorSets.get('') ?? 0;
  if (version < OLDEST_OPSET) {
    throw new GraphError(
      `the model uses ONNX operator set ${version}, and ${OLDEST_OPSET} is the oldest that works here`,
    );
  }
  const names = [...model.inputs.map(({ name }) => name), ...model.initializers.keys()];
  const inputs = names.map((name) => {
    const value = values.get(name);
    if (!value) throw new GraphError(`nothing stands for "${name}" of the model`);
    return value;
  });
  if (innermost(inputs) !== graph)
    throw new GraphError('the values that the model takes are not of this graph');
  const outputNames = model.outputs.map(({ name }) => name);
  const types = outputNames.map((name) => {
    const type = outputs.get(name);
    if (!type) throw new GraphError(`"${name}" of the model has no type and shape`);
    return type;
  });
  const { irVersion, operatorSets, functions, nodes } = model;
  const context = { irVersion, operatorSets, functions };
  const foreign = { ...context, nodes, inputs: names, outputs: outputNames };
  const node = graph.emit('Model', inputs, types, {}, undefined, foreign);
  return new Map(outputNames.map((name, index) => [name, node.outputs[index] as Value]));
}
