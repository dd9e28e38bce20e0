import { op, type Value } from '@cflow/onnx';
import { type BackboneGraph, sameUpperPads } from '../weights/backbone-graph.js';
import { type Architecture, SYMMETRIC } from './architecture.js';
import { type Network, relu6 } from './network.js';

/** The backbone that comes with the package, from a list of layers read from its file. */
export function embeddedArchitecture(layers: BackboneGraph): Architecture {
  const taps = layers.taps.map(({ name }) => name);
  const names = layers.layers.map(({ name }) => name);
  // A block is a prefix; what one would usually tap is its last layer.
  const blockOf = (name: string): string => name.split('/')[0] as string;
  const blockEnds = names.filter((name, i) => blockOf(name) !== blockOf(names[i + 1] ?? ''));
  return {
    name: 'embedded',
    timm: undefined,
    layers: blockEnds,
    otherLayers: names.filter((name) => !blockEnds.includes(name)),
    defaultLayers: taps,
    normalization: SYMMETRIC,
    epsilon: () => 0,
    build(network, image) {
      const values = new Map<string, Value>([[layers.input, image]]);
      for (const layer of layers.layers) {
        const inputs = layer.inputs.map((name) => values.get(name) as Value);
        const linear =
          layer.type === 'add'
            ? op.Add(inputs[0] as Value, inputs[1] as Value)
            : convolution(network, inputs[0] as Value, layer);
        const value =
          layer.activation === 'relu6'
            ? relu6(linear)
            : layer.activation === 'relu'
              ? op.Relu(linear)
              : linear;
        values.set(layer.name, value);
        if (network.tap(value, layer.name)) return;
      }
    },
  };
}

type Convolution = Exclude<BackboneGraph['layers'][number], { type: 'add' }>;

function convolution(network: Network, x: Value, layer: Convolution): Value {
  const { weight, bias, strides, dilations, autoPad, type } = layer;
  const [, channels, height, width] = x.shape as [string, number, number, number];
  const [, , kh, kw] = weight.dims as [number, number, number, number];
  const [top, bottom] = autoPad === 'VALID' ? [0, 0] : sameUpperPads(height, kh, strides[0], dilations[0]);
  const [left, right] = autoPad === 'VALID' ? [0, 0] : sameUpperPads(width, kw, strides[1], dilations[1]);
  return op.Conv(
    x,
    network.constant(weight, `${layer.name}.weight`),
    network.constant(bias, `${layer.name}.bias`),
    {
      strides,
      dilations,
      pads: [top, left, bottom, right],
      group: type === 'depthwise' ? channels : 1,
    },
  );
}
