// ResNet-50 as Keras has it, after the paper (He et al., 2016) and its weights for Caffe: the stride is in the first convolution
// of a block, every convolution has a bias, batch norms have an epsilon of 1e-3. Tensors go by Keras's names,
// but for the first ones, by which weights of other ResNets are told apart.
import { op, type Value } from '@cflow/onnx';
import { type Architecture, MEAN_ONLY } from './architecture.js';
import type { Network } from './network.js';

const DEPTHS = [3, 4, 6, 3] as const;
const CHANNELS = [64, 128, 256, 512] as const;

/** Tap `layer1` … `layer4`, or a block inside one such as `layer3.1`. */
export const resnet50v1: Architecture = {
  name: 'resnet50_v1',
  timm: undefined,
  layers: /* @__PURE__ */ DEPTHS.map((_, stage) => `layer${stage + 1}`),
  otherLayers: /* @__PURE__ */ DEPTHS.flatMap((depth, stage) =>
    Array.from({ length: depth }, (_, index) => `layer${stage + 1}.${index}`),
  ),
  defaultLayers: ['layer2', 'layer3', 'layer4'],
  normalization: MEAN_ONLY,
  epsilon: () => 1e-3,
  build(network, image) {
    const stem = network.convolution(
      image,
      64,
      { conv: 'stem', norm: 'bn_stem' },
      { kernel: 7, stride: 2, activation: op.Relu },
    );
    let x = op.MaxPool(stem, [3, 3], { strides: [2, 2], pads: [1, 1, 1, 1] });
    for (const [stage, depth] of DEPTHS.entries()) {
      for (let index = 0; index < depth; index++) {
        x = bottleneck(network, x, stage, index);
        const names = [`layer${stage + 1}.${index}`, ...(index === depth - 1 ? [`layer${stage + 1}`] : [])];
        if (network.tap(x, ...names)) return;
      }
    }
  },
};

/** Keras calls the blocks of the first stage 2a, 2b, 2c, and their convolutions 2a, 2b, 2c and 1, which is the shortcut. */
function bottleneck(network: Network, x: Value, stage: number, index: number): Value {
  const width = CHANNELS[stage]!;
  const stride = stage > 0 && index === 0 ? 2 : 1;
  const block = `${stage + 2}${String.fromCharCode('a'.charCodeAt(0) + index)}`;
  const names = (branch: string) => ({
    conv: `res${block}_branch${branch}`,
    norm: `bn${block}_branch${branch}`,
  });
  const first = network.convolution(x, width, names('2a'), { stride, activation: op.Relu });
  const second = network.convolution(first, width, names('2b'), { kernel: 3, activation: op.Relu });
  const third = network.convolution(second, 4 * width, { ...names('2c'), startsAtZero: true });
  const shortcut = index === 0 ? network.convolution(x, 4 * width, names('1'), { stride }) : x;
  return op.Relu(op.Add(third, shortcut));
}
