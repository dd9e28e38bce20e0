// What a network is made of, found by building it without its weights.
import { elementCount, Graph, type Value } from '@cflow/onnx';
import type { Architecture } from './architecture.js';
import { type FeatureLayer, weightTensors } from './backbone.js';
import { Network } from './network.js';
import { type ConvolutionNames, randomSource } from './weight-source.js';

export interface TracedConvolution extends ConvolutionNames {
  /** [out, in / groups, kh, kw] */
  dims: readonly number[];
}

export interface Trace {
  convolutions: readonly TracedConvolution[];
  /** Every layer that can be tapped, shallow to deep, other names included. */
  layers: readonly FeatureLayer[];
  /** Numbers to learn: weights and biases of convolutions and batch norms. */
  parameters: number;
}

/** A network whose weights are inputs: their names and shapes, and no numbers. */
class WeightlessNetwork extends Network {
  readonly convolutions: TracedConvolution[] = [];

  protected override parameters(
    names: ConvolutionNames,
    dims: readonly number[],
  ): { weight: Value; bias: Value } {
    this.convolutions.push({ ...names, dims });
    return {
      weight: this.graph.input(`${names.conv}.weight`, 'float32', dims),
      bias: this.graph.input(`${names.conv}.bias`, 'float32', dims.slice(0, 1)),
    };
  }
}

/** @param layout whose names to use, where those of timm and of torchvision differ */
export function traceArchitecture(
  architecture: Architecture,
  layout: 'timm' | 'torchvision',
  [height, width]: readonly [number, number] = [224, 224],
): Trace {
  const graph = new Graph(architecture.name);
  const network = new WeightlessNetwork(
    graph,
    { ...randomSource(0), timm: layout === 'timm' },
    {
      precision: 'float32',
      epsilon: 0,
      wanted: new Set([...architecture.layers, ...architecture.otherLayers]),
    },
  );
  architecture.build(network, graph.input('image', 'float32', ['batch', 3, height, width]));
  let parameters = 0;
  for (const { dims, norm } of network.convolutions) {
    parameters += elementCount(dims) + dims[0]! * (norm === undefined ? 1 : 2);
  }
  for (const { dims } of weightTensors(graph).values()) parameters += elementCount(dims);
  const layers = [...network.taps].map(([name, { shape }]) => {
    const [, channels, h, w] = shape as [string, number, number, number];
    return { name, channels, height: h, width: w };
  });
  return { convolutions: network.convolutions, layers, parameters };
}
