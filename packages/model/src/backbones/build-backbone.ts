// From an architecture and its weights to the graph that turns pixels into feature maps.
import { Graph } from '@cflow/onnx';
import { ConfigurationError } from '@cflow/spec';
import type { Architecture } from './architecture.js';
import { type Backbone, type BackboneOptions, withOutputs } from './backbone.js';
import { checkInputSize } from './check-input-size.js';
import { Network } from './network.js';
import { pixelInput } from './pixel-input.js';
import type { WeightSource } from './weight-source.js';

/**
 * Builds the network up to the deepest of the wanted layers, with batch norms folded into the convolutions.
 * @throws ConfigurationError for a layer that does not exist or a size that cannot be, WeightsError for weights that
 * do not fit
 */
export function buildBackbone(
  architecture: Architecture,
  source: WeightSource,
  options: BackboneOptions,
): Backbone {
  const { inputSize, precision = 'float32' } = options;
  checkInputSize(inputSize);
  const wanted = options.layers?.length ? options.layers : architecture.defaultLayers;
  checkLayers(architecture, wanted);
  const graph = new Graph(architecture.name);
  const image =
    options.input === 'normalized'
      ? graph.input('image', 'float32', ['batch', 3, ...inputSize])
      : pixelInput(graph, inputSize, architecture.normalization);
  const network = new Network(graph, source, {
    precision,
    epsilon: architecture.epsilon(source),
    wanted: new Set(wanted),
  });
  architecture.build(network, image);
  return withOutputs(graph, network.taps, options.outputs);
}

/** Layers inside blocks that a message names; more would bury what it says. */
const SHOWN_LAYERS = 12;

/** @throws ConfigurationError for layers that an architecture does not have, or that are named twice */
export function checkLayers(
  {
    name,
    layers,
    otherLayers,
    defaultLayers,
  }: Pick<Architecture, 'name' | 'layers' | 'otherLayers' | 'defaultLayers'>,
  wanted: readonly string[],
): void {
  const known = new Set([...layers, ...otherLayers]);
  const unknown = wanted.filter((layer) => !known.has(layer));
  const twice = wanted.filter((layer, index) => wanted.indexOf(layer) !== index);
  if (unknown.length === 0 && twice.length === 0) return;
  const problem =
    unknown.length > 0
      ? `${name} has no layer ${unknown.map((layer) => `"${layer}"`).join(', ')}`
      : `layer "${twice[0]}" is named twice`;
  const shown = otherLayers.slice(0, SHOWN_LAYERS).join(', ');
  const more = otherLayers.length - SHOWN_LAYERS;
  const rest = more > 0 ? ` and ${more} more, which "cflow backbone list" names` : '';
  const also = otherLayers.length > 0 ? ` (also ${shown}${rest})` : '';
  throw new ConfigurationError(
    `${problem}. Its layers: ${layers.join(', ')}${also}; default: ${defaultLayers.join(', ')}`,
    { details: { backbone: name, layers: wanted, unknown } },
  );
}
