import { elementCount, type Graph, op, type Tensor, type Value } from '@cflow/onnx';
import { ConfigurationError } from '@cflow/spec';
import type { Precision } from './network.js';

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
  /** Shallow to deep. */
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
   * `pixels`, the default: `image` is uint8 and normalized in the graph. `normalized`: `image` is float32 and goes into
   * the network as it is.
   */
  input?: 'pixels' | 'normalized';
}

/**
 * Declares the tapped values, each [batch, C, h, w], as outputs, in the order given.
 * @throws ConfigurationError when two names are of the same layer
 */
export function withOutputs(
  graph: Graph,
  taps: ReadonlyMap<string, Value>,
  outputs: BackboneOptions['outputs'] = 'maps',
): Backbone {
  const names = new Map<Value, string>();
  const layers = [...taps].map(([name, value]): FeatureLayer => {
    const other = names.get(value);
    if (other !== undefined) {
      throw new ConfigurationError(`"${other}" and "${name}" are two names of one layer: name it once`, {
        details: { layers: [other, name] },
      });
    }
    names.set(value, name);
    const [batch, channels, height, width] = value.shape as [string, number, number, number];
    const fibers = () => op.Transpose(op.Reshape(value, [batch, channels, height * width]), [0, 2, 1]);
    graph.output(name, outputs === 'fibers' ? fibers() : value);
    return { name, channels, height, width };
  });
  return { graph, layers };
}

// Constants of a foreign model have any name; the small ones may be shapes, which the runtime wants to see in the model.
const LARGE = 256;

/** The weights among a graph's constants: what goes into the weight file. */
export function weightTensors(graph: Graph): Map<string, Tensor> {
  const weights = new Map<string, Tensor>();
  for (const [name, tensor] of graph.initializers) {
    if (/\.(weight|bias)$/.test(name) || elementCount(tensor.dims) >= LARGE) weights.set(name, tensor);
  }
  return weights;
}
