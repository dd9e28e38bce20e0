import {
  anomalyMap,
  decoderTensorName,
  type HeadOptions,
  LOG_LIKELIHOOD,
  positionalEncoding,
} from '@cflow/model';
import { float32, Graph, int64, op, type Tensor, type Value } from '@cflow/onnx';
import { referenceLogLikelihood } from '../reference-block.js';

/** Fibers that the reference decodes at once, by default. */
export const FIBER_BATCH_SIZE = 64;

export interface ReferenceHeadOptions extends Pick<HeadOptions, 'layers' | 'imageSize'> {
  /** Images per batch, fixed in the graph. */
  batch: number;
  /** As for the head, with dense permutations. */
  parameters: ReadonlyMap<string, Tensor>;
}

/**
 * Scoring as the reference does it: features to rows, the condition beside each row, a Loop over batches of 64 fibers,
 * the map normalized by the batch's own maxima. Inputs and outputs as of the head.
 */
export function referenceHeadGraph(options: ReferenceHeadOptions): Graph {
  const { layers, imageSize, batch } = options;
  const graph = new Graph('reference');
  const logLikelihoods = layers.map((layer) => {
    const logLikelihood = referenceLayer(graph, layer, options);
    graph.output(LOG_LIKELIHOOD + layer.name, logLikelihood);
    return op.Reshape(logLikelihood, [batch, 1, layer.height, layer.width]);
  });
  const map = anomalyMap(logLikelihoods, imageSize, { kind: 'reference' });
  graph.output('anomaly_map', map);
  graph.output('score', op.ReduceMax(map, [1, 2]));
  return graph;
}

function referenceLayer(
  graph: Graph,
  { name, decoder, height, width }: HeadOptions['layers'][number],
  { batch, parameters }: ReferenceHeadOptions,
): Value {
  const { channels, conditionVector, couplingBlocks, clampAlpha } = decoder;
  const area = height * width;
  if ((batch * area) % FIBER_BATCH_SIZE !== 0) {
    throw new Error(
      `${batch} maps of ${height}x${width} are no whole number of batches of ${FIBER_BATCH_SIZE}`,
    );
  }
  const fiberBatches = (batch * area) / FIBER_BATCH_SIZE;
  const features = graph.input(name, 'float32', [batch, channels, height, width]);
  const inBatches = (rows: Value, length: number): Value =>
    op.Reshape(rows, [fiberBatches, FIBER_BATCH_SIZE, length]);
  const fibers = inBatches(op.Transpose(features, [0, 2, 3, 1]), channels);
  const encoding = graph.constant(
    float32([1, area, conditionVector], positionalEncoding(conditionVector, height, width)),
    'positional_encoding',
  );
  const conditions = inBatches(op.Expand(encoding, [batch, area, conditionVector]), conditionVector);
  const constants = new Map<string, Value>();
  const get = (parameter: string): Value => {
    const tensorName = decoderTensorName(name, parameter);
    const known = constants.get(tensorName);
    if (known) return known;
    const constant = graph.constant(parameters.get(tensorName) as Tensor, tensorName);
    constants.set(tensorName, constant);
    return constant;
  };
  const trips = graph.constant(int64([], [fiberBatches]), 'fiber_batches');
  const loop = op.Loop(trips, [], (_body, iteration) => {
    const [x, condition] = [op.Gather(fibers, iteration), op.Gather(conditions, iteration)];
    return { carried: [], scanned: [referenceLogLikelihood(x, condition, couplingBlocks, clampAlpha, get)] };
  });
  return op.Reshape(loop.scanned[0] as Value, [batch, height, width]);
}
