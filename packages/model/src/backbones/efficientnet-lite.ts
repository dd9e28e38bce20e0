// EfficientNet-Lite (TensorFlow TPU team, 2020): EfficientNet (Tan and Le, 2019) for phones, without squeeze-and-excitation
// and with ReLU6. In the names of timm's `tf_efficientnet_lite*`, which hold TensorFlow's own weights.
import { type Architecture, SYMMETRIC } from './architecture.js';
import { efficientNetLiteName } from './efficientnet-lite-names.js';
import { invertedResidual } from './inverted-residual.js';
import { multipleOfEight } from './multiple-of-eight.js';
import { relu6 } from './network.js';

/** How a member of the family is scaled from the smallest. Source: the TPU team's `efficientnet_lite_builder.py`. */
interface Scale {
  width: number;
  depth: number;
}

type Stage = readonly [expansion: number, kernel: number, stride: number, channels: number, repeats: number];

// Table 1 of the EfficientNet paper.
const STAGES: readonly Stage[] = [
  [1, 3, 1, 16, 1],
  [6, 3, 2, 24, 2],
  [6, 5, 2, 40, 2],
  [6, 3, 2, 80, 3],
  [6, 5, 1, 112, 3],
  [6, 5, 2, 192, 4],
  [6, 3, 1, 320, 1],
];

const STEM_CHANNELS = 32;

export function efficientNetLite(name: string, { width, depth }: Scale): Architecture {
  const blocks = STAGES.flatMap(([expansion, kernel, stride, channels, repeats], stage) => {
    // The Lite networks scale neither the depth of the first and last stage nor the stem.
    const fixed = stage === 0 || stage === STAGES.length - 1;
    const count = fixed ? repeats : Math.ceil(repeats * depth);
    return Array.from({ length: count }, (_, i) => ({
      timm: `blocks.${stage}.${i}`,
      kernel,
      expansion,
      channels: multipleOfEight(channels * width),
      stride: i === 0 ? stride : 1,
      layers: i === count - 1 ? [`blocks.${stage}.${i}`, `blocks.${stage}`] : [`blocks.${stage}.${i}`],
    }));
  });
  return {
    name,
    timm: `tf_${name}.in1k`,
    layers: STAGES.map((_, stage) => `blocks.${stage}`),
    otherLayers: ['bn1', ...blocks.map(({ timm }) => timm)],
    defaultLayers: ['blocks.2', 'blocks.4', 'blocks.6'],
    normalization: SYMMETRIC,
    epsilon: () => 1e-3,
    nameOf: (name) =>
      efficientNetLiteName(
        name,
        blocks.map(({ timm, expansion }) => ({ timm, expands: expansion > 1 })),
      ),
    build(network, image) {
      const stem = { conv: 'conv_stem', norm: 'bn1' };
      let x = network.convolution(image, STEM_CHANNELS, stem, {
        kernel: 3,
        stride: 2,
        activation: relu6,
        padding: 'same',
      });
      if (network.tap(x, 'bn1')) return;
      for (const { expansion, layers, ...block } of blocks) {
        const expanded = expansion * (x.shape[1] as number);
        x = invertedResidual(network, x, { ...block, expanded, activation: relu6, padding: 'same' });
        if (network.tap(x, ...layers)) return;
      }
    },
  };
}
