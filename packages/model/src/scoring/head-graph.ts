import { Graph, op, type Tensor, type Value } from '@cflow/onnx';
import { ConfigurationError, LOG_LIKELIHOOD, WeightsError } from '@cflow/spec';
import { isOfFirstSubnet } from '../decoder/decoder.js';
import type { DecoderShape } from '../decoder/decoder-shape.js';
import { permutationShapes, trainableShapes } from '../decoder/decoder-shape.js';
import { foldedDecoder } from '../decoder/folded-decoder.js';
import { anomalyMap, type MapNormalization } from './anomaly-map.js';
import { REGION, withinRegion } from './region-map.js';
import type { LayerStandard } from './standardize.js';

/** One tapped layer: its decoder and the size of its feature map. */
export interface HeadLayer {
  /** Name of the layer, which is the name of the input. */
  name: string;
  decoder: DecoderShape;
  height: number;
  width: number;
}

export interface HeadOptions {
  layers: readonly HeadLayer[];
  /** [height, width] of the anomaly map. */
  imageSize: readonly [number, number];
  /** Undefined while the detector is not calibrated: then the graph gives log-likelihoods only. */
  normalization?: HeadNormalization | undefined;
  /**
   * Parameters by `decoderTensorName`, float32 or float16 (computed in float32 either way); for `standardized`
   * likelihoods also each layer's standard, by `standardTensorName`. Without the first block's subnet where that block
   * only standardizes.
   */
  parameters: ReadonlyMap<string, Tensor>;
}

export { LOG_LIKELIHOOD };

/** How the head fuses its layers; what it needs for each position is among the parameters. */
export type HeadNormalization =
  | Exclude<MapNormalization, { kind: 'standardized' }>
  | Omit<Extract<MapNormalization, { kind: 'standardized' }>, 'standards'>;

/** Name of a decoder's parameter in a detector: `decoders.<layer>.<reference name>`. */
export function decoderTensorName(layer: string, name: string): string {
  return `decoders.${layer}.${name}`;
}

/** Name of a layer's standard in a detector: `standards.<layer>.mean`, `standards.<layer>.deviation`. */
export function standardTensorName(layer: string, part: 'mean' | 'deviation'): string {
  return `standards.${layer}.${part}`;
}

/**
 * What turns features into scores: all decoders, fusion and upsampling, without a loop over fibers; with a parameter `region` the map is of that part of the image.
 *
 * Inputs: one per layer, float32 [batch, C, h, w]. Outputs: `log_likelihood.<layer>` [batch, 1, h, w] per dimension,
 * and when normalized `anomaly_map` [batch, height, width] and `score` [batch], the map's maximum.
 *
 * @throws ConfigurationError without layers or without one of the sizes, WeightsError for a parameter that is missing
 * or of another shape
 */
export function headGraph({ layers, imageSize, normalization, parameters }: HeadOptions): Graph {
  if (layers.length === 0) throw new ConfigurationError('a head needs at least one layer, got none');
  if (normalization) checkSize(imageSize, 'the anomaly map');
  const graph = new Graph('head');
  const logLikelihoods = layers.map(({ name, decoder, height, width }) => {
    checkSize([height, width], `layer "${name}"`);
    const features = graph.input(name, 'float32', ['batch', decoder.channels, height, width]);
    const tensors = new Map<string, Tensor>();
    // A first block that only standardizes need not have a subnet; one that has any of it has all of it.
    const own = [...trainableShapes(decoder), ...permutationShapes(decoder)];
    const hasSubnet = own.some(
      ([parameter]) => isOfFirstSubnet(parameter) && parameters.has(decoderTensorName(name, parameter)),
    );
    for (const [parameter, dims] of own) {
      if (isOfFirstSubnet(parameter) && !hasSubnet) continue;
      tensors.set(parameter, takeParameter(parameters, decoderTensorName(name, parameter), dims));
    }
    const constantName = (parameter: string): string => decoderTensorName(name, parameter);
    const logLikelihood = graph.scope(name, () => foldedDecoder(features, decoder, tensors, constantName));
    graph.output(LOG_LIKELIHOOD + name, logLikelihood);
    return logLikelihood;
  });
  if (normalization) {
    const complete: MapNormalization =
      normalization.kind === 'standardized'
        ? { ...normalization, standards: layers.map((layer) => standardOf(graph, layer, parameters)) }
        : normalization;
    const whole = graph.scope('map', () => anomalyMap(logLikelihoods, imageSize, complete));
    const map = parameters.has(REGION)
      ? graph.scope('region', () => withinRegion(whole, takeParameter(parameters, REGION, [1, ...imageSize])))
      : whole;
    graph.output('anomaly_map', map);
    graph.output('score', op.ReduceMax(map, [1, 2]));
  }
  return graph;
}

function standardOf(
  graph: Graph,
  { name, height, width }: HeadLayer,
  parameters: ReadonlyMap<string, Tensor>,
): LayerStandard {
  const constant = (part: 'mean' | 'deviation', dims: readonly number[]): Value => {
    const tensor = standardTensorName(name, part);
    return graph.constant(takeParameter(parameters, tensor, dims), tensor);
  };
  return { mean: constant('mean', [1, 1, height, width]), deviation: constant('deviation', [1]) };
}

/** Callers without types leave sizes out, too: without this the graph would be made, and be nonsense. */
function checkSize(size: readonly [height: number, width: number] | undefined, owner: string): void {
  if (size?.length === 2 && size.every((length) => Number.isInteger(length) && length > 0)) return;
  throw new ConfigurationError(
    `${owner} needs a height and a width in whole positions, got ${size ? size.join(' x ') : 'none'}`,
    { details: { owner, size: size ?? null } },
  );
}

function takeParameter(
  parameters: ReadonlyMap<string, Tensor>,
  name: string,
  dims: readonly number[],
): Tensor {
  const tensor = parameters.get(name);
  if (tensor && tensor.dims.length === dims.length && dims.every((dim, axis) => dim === tensor.dims[axis])) {
    return tensor;
  }
  const found = tensor ? `[${tensor.dims.join(', ')}]` : 'none';
  throw new WeightsError(
    `the head needs "${name}" of shape [${dims.join(', ')}], got ${found}; give the parameters of decoders of this configuration`,
    { details: { tensor: name, expected: dims, found: tensor ? tensor.dims : null } },
  );
}
