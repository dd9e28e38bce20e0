import { type DecoderShape, decoder, trainableShapes } from '@cflow/model';
import { Graph, gradients, op, type Value } from '@cflow/onnx';
import {
  blockParameters,
  decoderPermutations,
  splitParameters,
} from '../../packages/model/src/decoder/decoder.js';
import { parameterInputs } from '../../packages/model/src/decoder/likelihood-graph.js';

/** What a loss is made of. */
export interface DecoderOutputs {
  graph: Graph;
  z: Value;
  logDeterminant: Value;
}

/** Before a parameter's name, or `x` for the features: the output with its gradient. */
export const GRADIENT = 'grad.';

/**
 * Gradients of a loss on a decoder's outputs for `fibers` fibers, with respect to all trainable parameters and to the
 * features. Inputs as for the likelihood graph, and those that `lossOf` declares.
 */
export function gradientGraph(
  shape: DecoderShape,
  fibers: number,
  lossOf: (outputs: DecoderOutputs) => Value,
): Graph {
  const graph = new Graph('gradients');
  const features = graph.input('features', 'float32', [fibers, shape.channels]);
  const condition = graph.input('condition', 'float32', [fibers, shape.conditionVector]);
  const inputs = parameterInputs(graph, shape);
  const parameters = splitParameters(shape, inputs);
  const lookup = (name: string): Value => parameters.get(name) as Value;
  const blocks = blockParameters(shape, lookup, decoderPermutations(shape, lookup));
  const result = decoder(graph, op.Transpose(features, [1, 0]), condition, blocks, shape.clampAlpha);
  const { logDeterminant } = result;
  const loss = lossOf({ graph, z: op.Transpose(result.z, [1, 0]), logDeterminant });
  const names = trainableShapes(shape).map(([name]) => name);
  const wrt = [...names.map((name) => inputs.get(name) as Value), features];
  const found = gradients(loss, wrt);
  for (const [index, name] of [...names, 'x'].entries()) {
    graph.output(GRADIENT + name, found[index] as Value);
  }
  graph.output('loss', loss);
  return graph;
}
