// From an architecture and its weights to the graph that turns pixels into feature maps.
import { float32, Graph, op, type Tensor, type Value } from '@cflow/onnx';
import { ConfigurationError } from '@cflow/spec';
import type { Architecture, PixelNormalization } from './architecture.js';
import { Network, type Precision } from './network.js';
import type { WeightSource } from './weight-source.js';

/** One feature map that a backbone gives. */
export interface FeatureLayer {
  name: string;
  channels: number;
  height: number;
  width: number;
}

/** A frozen feature extractor: `image` uint8 [batch, 3, height, width] RGB in, one float32 map per layer out. */
export interface Backbone {
  graph: Graph;
  layers: readonly FeatureLayer[];
}

export interface BackboneOptions {
  /** Layers to tap; the architecture's default when empty. Sorted shallow to deep in the result. */
  layers?: readonly string[];
  /** [height, width] in pixels. */
  inputSize: readonly [number, number];
  /** How weights are stored; computed in float32 either way. Default float32. */
  precision?: Precision;
  /**
   * `maps`, the default: [batch, C, h, w]. `fibers`: [batch, h · w, C], one row per position as decoders are trained
   * on them.
   */
  outputs?: 'maps' | 'fibers';
  /**
   * `pixels`, the default: `image` is uint8 and normalised in the graph. `normalized`: `image` is float32 and goes into
   * the network as it is.
   */
  input?: 'pixels' | 'normalized';
}

/**
 * @throws ConfigurationError for a layer that does not exist, WeightsError for weights that do not fit
 */
export function buildBackbone(
  architecture: Architecture,
  source: WeightSource,
  options: BackboneOptions,
): Backbone {
  const { inputSize, precision = 'float32' } = options;
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

/** Declares the pixels and brings them to the range that the network was trained on. */
export function pixelInput(
  graph: Graph,
  [height, width]: readonly [number, number],
  { mean, deviation }: PixelNormalization,
): Value {
  const pixels = graph.input('image', 'uint8', ['batch', 3, height, width]);
  const perChannel = (values: number[], name: string): Value =>
    graph.constant(float32([1, 3, 1, 1], values), name);
  const offset = perChannel(
    mean.map((value) => value * 255),
    'pixel_mean',
  );
  const scale = perChannel(
    deviation.map((value) => 1 / (value * 255)),
    'pixel_scale',
  );
  return op.Mul(op.Sub(op.Cast(pixels, 'float32'), offset), scale);
}

/** Declares the tapped values as outputs, in the order in which the network makes them. */
export function withOutputs(
  graph: Graph,
  taps: ReadonlyMap<string, Value>,
  outputs: BackboneOptions['outputs'] = 'maps',
): Backbone {
  const layers = [...taps].map(([name, value]): FeatureLayer => {
    const [batch, channels, height, width] = value.shape as [string, number, number, number];
    const fibers = () => op.Transpose(op.Reshape(value, [batch, channels, height * width]), [0, 2, 1]);
    graph.output(name, outputs === 'fibers' ? fibers() : value);
    return { name, channels, height, width };
  });
  return { graph, layers };
}

/** The weights among a graph's constants: what goes into the weight file. */
export function weightTensors(graph: Graph): Map<string, Tensor> {
  const weights = new Map<string, Tensor>();
  for (const [name, tensor] of graph.initializers) {
    if (name.endsWith('.weight') || name.endsWith('.bias')) weights.set(name, tensor);
  }
  return weights;
}

function checkLayers(
  { name, layers, otherLayers, defaultLayers }: Architecture,
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
  throw new ConfigurationError(
    `${problem}. Its layers: ${layers.join(', ')} (also ${otherLayers.join(', ')}); default: ${defaultLayers.join(', ')}`,
    { details: { backbone: name, layers: wanted, unknown } },
  );
}
