import { op, type Value } from '@cflow/onnx';
import type { Activation, LayerOptions, Network } from './network.js';

/** One inverted residual of a MobileNet, and where its weights are found in either layout. */
export interface InvertedResidual {
  /** `features.4`; undefined where torchvision does not have the network. */
  torchvision?: string;
  /** `blocks.2.0` */
  timm: string;
  kernel: number;
  /** Channels inside, after the expansion. */
  expanded: number;
  channels: number;
  stride: number;
  activation: Activation;
  /** Of the depthwise convolution. Default `symmetric`. */
  padding?: NonNullable<LayerOptions['padding']>;
  /** Channels of the squeeze in squeeze-and-excitation; undefined where there is none. */
  squeeze?: number | undefined;
}

/**
 * Expand by a 1x1 convolution, filter each channel, weigh the channels, project; with a shortcut where the shapes
 * allow it (Sandler et al., 2018; Howard et al., 2019).
 *
 * @param torchvisionPrefix the module inside a torchvision block that holds the layers: `conv` or `block`
 */
export function invertedResidual(
  network: Network,
  x: Value,
  block: InvertedResidual,
  torchvisionPrefix: 'conv' | 'block' = 'conv',
): Value {
  const { kernel, expanded, channels, stride, activation, padding = 'symmetric', squeeze } = block;
  const expands = x.shape[1] !== expanded;
  const timm = network.source.timm || block.torchvision === undefined;
  let index = 0;
  // torchvision numbers the parts; only the projection of MobileNetV2 is not wrapped in a part of its own.
  const names = (timmConv: string, timmNorm: string, wrapped = true) => {
    const part = index++;
    if (timm) return { conv: `${block.timm}.${timmConv}`, norm: `${block.timm}.${timmNorm}` };
    const path = `${block.torchvision}.${torchvisionPrefix}`;
    return wrapped
      ? { conv: `${path}.${part}.0`, norm: `${path}.${part}.1` }
      : { conv: `${path}.${part}`, norm: `${path}.${part + 1}` };
  };
  let y = x;
  if (expands) y = network.convolution(y, expanded, names('conv_pw', 'bn1'), { activation });
  const depthwise = names('conv_dw', expands ? 'bn2' : 'bn1');
  y = network.convolution(y, expanded, depthwise, { kernel, stride, groups: expanded, activation, padding });
  if (squeeze !== undefined) {
    const path = `${block.torchvision}.${torchvisionPrefix}.${index++}`;
    y = squeezeAndExcitation(network, y, squeeze, timm ? timmSqueeze(block.timm) : torchSqueeze(path));
  }
  const wrapped = torchvisionPrefix === 'block';
  const projection = expands ? names('conv_pwl', 'bn3', wrapped) : names('conv_pw', 'bn2', wrapped);
  y = network.convolution(y, channels, projection);
  return stride === 1 && x.shape[1] === channels ? op.Add(y, x) : y;
}

interface SqueezeNames {
  reduce: string;
  expand: string;
}

const timmSqueeze = (block: string): SqueezeNames => ({
  reduce: `${block}.se.conv_reduce`,
  expand: `${block}.se.conv_expand`,
});
const torchSqueeze = (path: string): SqueezeNames => ({ reduce: `${path}.fc1`, expand: `${path}.fc2` });

function squeezeAndExcitation(network: Network, x: Value, squeeze: number, names: SqueezeNames): Value {
  const channels = x.shape[1] as number;
  const reduced = network.convolution(
    op.GlobalAveragePool(x),
    squeeze,
    { conv: names.reduce },
    { activation: op.Relu },
  );
  const weights = network.convolution(reduced, channels, { conv: names.expand });
  return op.Mul(x, op.HardSigmoid(weights, 1 / 6, 0.5));
}
