// ResNet (He et al., 2016) and Wide ResNet (Zagoruyko and Komodakis, 2016), in the names that timm and torchvision share.
import { op, type Value } from '@cflow/onnx';
import type { Architecture } from './architecture.js';
import { IMAGENET } from './architecture.js';
import type { Network } from './network.js';

export interface ResNetShape {
  /** Blocks per stage. */
  depths: readonly [number, number, number, number];
  /** Channels of each stage before expansion. Default 64, 128, 256, 512. */
  channels?: readonly [number, number, number, number];
  bottleneck: boolean;
  /** Width of a bottleneck's inner convolution relative to the stage's channels. */
  widthFactor?: number;
  /** See {@link Architecture.timm}. */
  timm?: string;
}

/** A ResNet; tap `layer1` … `layer4`, or a block inside one such as `layer3.1`. */
export function resnet(name: string, shape: ResNetShape): Architecture {
  const { depths, channels = [64, 128, 256, 512], bottleneck, widthFactor = 1, timm = name } = shape;
  return {
    name,
    timm,
    layers: depths.map((_, stage) => `layer${stage + 1}`),
    otherLayers: depths.flatMap((depth, stage) =>
      Array.from({ length: depth }, (_, i) => `layer${stage + 1}.${i}`),
    ),
    defaultLayers: ['layer2', 'layer3', 'layer4'],
    normalization: IMAGENET,
    epsilon: () => 1e-5,
    build(network, image) {
      let x = network.convolution(
        image,
        64,
        { conv: 'conv1', norm: 'bn1' },
        { kernel: 7, stride: 2, activation: op.Relu },
      );
      x = op.MaxPool(x, [3, 3], { strides: [2, 2], pads: [1, 1, 1, 1] });
      for (let stage = 0; stage < 4; stage++) {
        const depth = depths[stage]!;
        for (let index = 0; index < depth; index++) {
          const block = `layer${stage + 1}.${index}`;
          const stride = stage > 0 && index === 0 ? 2 : 1;
          const width = channels[stage]!;
          x = bottleneck
            ? bottleneckBlock(network, x, block, width, Math.round(width * widthFactor), stride)
            : basicBlock(network, x, block, width, stride);
          const names = index === depth - 1 ? [block, `layer${stage + 1}`] : [block];
          if (network.tap(x, ...names)) return;
        }
      }
    },
  };
}

function basicBlock(network: Network, x: Value, block: string, channels: number, stride: number): Value {
  const first = network.convolution(x, channels, names(block, 1), { kernel: 3, stride, activation: op.Relu });
  const second = network.convolution(
    first,
    channels,
    { ...names(block, 2), startsAtZero: true },
    { kernel: 3 },
  );
  return op.Relu(op.Add(second, shortcut(network, x, block, channels, stride)));
}

// The stride is in the 3x3 convolution ("ResNet v1.5"), as in timm and torchvision.
function bottleneckBlock(
  network: Network,
  x: Value,
  block: string,
  channels: number,
  width: number,
  stride: number,
): Value {
  const out = channels * 4;
  const first = network.convolution(x, width, names(block, 1), { activation: op.Relu });
  const second = network.convolution(first, width, names(block, 2), {
    kernel: 3,
    stride,
    activation: op.Relu,
  });
  const third = network.convolution(second, out, { ...names(block, 3), startsAtZero: true });
  return op.Relu(op.Add(third, shortcut(network, x, block, out, stride)));
}

function shortcut(network: Network, x: Value, block: string, channels: number, stride: number): Value {
  if (stride === 1 && x.shape[1] === channels) return x;
  const projection = { conv: `${block}.downsample.0`, norm: `${block}.downsample.1` };
  return network.convolution(x, channels, projection, { stride });
}

const names = (block: string, index: number) => ({
  conv: `${block}.conv${index}`,
  norm: `${block}.bn${index}`,
});
