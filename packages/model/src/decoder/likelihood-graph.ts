import { Graph, op, type Value } from '@cflow/onnx';
import {
  blockParameters,
  decoder,
  decoderPermutations,
  logLikelihood,
  type ParameterLookup,
  splitParameters,
} from './decoder.js';
import { type DecoderShape, permutationShapes, trainableShapes } from './decoder-shape.js';

/** Declares a decoder's parameters as inputs of a graph, under their reference names. */
export function parameterInputs(graph: Graph, shape: DecoderShape): Map<string, Value> {
  const values = new Map<string, Value>();
  for (const [name, dims] of trainableShapes(shape)) values.set(name, graph.input(name, 'float32', dims));
  for (const [name, dims] of permutationShapes(shape)) {
    values.set(name, graph.input(name, shape.permuteSoft ? 'float32' : 'int64', dims));
  }
  return values;
}

/**
 * Log-likelihoods of fibers under given parameters: the unfolded decoder, for validation while training and for
 * comparisons. Inputs: `features` [N, C], `condition` [N, P] when there is one, and the parameters.
 * Outputs: `z` [N, C], `log_determinant` [N] and `log_likelihood` [N], per dimension.
 */
export function likelihoodGraph(shape: DecoderShape): Graph {
  const graph = new Graph('likelihood');
  const features = graph.input('features', 'float32', ['fibers', shape.channels]);
  const condition =
    shape.conditionVector > 0
      ? graph.input('condition', 'float32', ['fibers', shape.conditionVector])
      : undefined;
  const parameters = splitParameters(shape, parameterInputs(graph, shape));
  const lookup: ParameterLookup = (name) => parameters.get(name) as Value;
  const blocks = blockParameters(shape, lookup, decoderPermutations(shape, lookup));
  const { z, logDeterminant } = decoder(
    graph,
    op.Transpose(features, [1, 0]),
    condition,
    blocks,
    shape.clampAlpha,
  );
  graph.output('z', op.Transpose(z, [1, 0]));
  graph.output('log_determinant', logDeterminant);
  graph.output('log_likelihood', logLikelihood(z, logDeterminant));
  return graph;
}
