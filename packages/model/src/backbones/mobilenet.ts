// MobileNetV2 (Sandler et al., 2018) and MobileNetV3-Large (Howard et al., 2019), in torchvision's or timm's names.
import { op } from '@cflow/onnx';
import { type Architecture, IMAGENET } from './architecture.js';
import { type InvertedResidual, invertedResidual } from './inverted-residual.js';
import { multipleOfEight } from './multiple-of-eight.js';
import { type Activation, relu6 } from './network.js';
import type { WeightSource } from './weight-source.js';

interface MobileNet {
  name: string;
  timm: string;
  stemChannels: number;
  stemActivation: Activation;
  /** Stages as timm groups the blocks; torchvision counts blocks through. */
  stages: readonly (readonly Omit<InvertedResidual, 'torchvision' | 'timm'>[])[];
  /** The 1x1 convolution behind the last block: its channels, and its names in timm; the activation is the stem's. */
  last: { channels: number; timm: { conv: string; norm: string }; timmLayer?: string };
  defaultLayers: readonly string[];
  prefix: 'conv' | 'block';
  epsilon(source: WeightSource): number;
}

function mobilenet(definition: MobileNet): Architecture {
  const { stages, prefix, stemChannels, stemActivation, last } = definition;
  const blocks = stages.flatMap((stage, s) =>
    stage.map((block, i) => ({
      ...block,
      timm: `blocks.${s}.${i}`,
      last: i === stage.length - 1,
      stage: `blocks.${s}`,
    })),
  );
  const torchvisionLast = `features.${blocks.length + 1}`;
  const lastNames = last.timmLayer ? [torchvisionLast, last.timmLayer] : [torchvisionLast];
  return {
    name: definition.name,
    timm: definition.timm,
    layers: blocks.map((_, index) => `features.${index + 1}`),
    otherLayers: [
      'features.0',
      ...lastNames,
      ...stages.map((_, s) => `blocks.${s}`),
      ...blocks.map(({ timm }) => timm),
    ],
    defaultLayers: definition.defaultLayers,
    normalization: IMAGENET,
    epsilon: definition.epsilon,
    build(network, image) {
      const stem = network.source.timm
        ? { conv: 'conv_stem', norm: 'bn1' }
        : { conv: 'features.0.0', norm: 'features.0.1' };
      let x = network.convolution(image, stemChannels, stem, {
        kernel: 3,
        stride: 2,
        activation: stemActivation,
      });
      if (network.tap(x, 'features.0')) return;
      for (const [index, block] of blocks.entries()) {
        const torchvision = `features.${index + 1}`;
        x = invertedResidual(network, x, { ...block, torchvision }, prefix);
        if (network.tap(x, torchvision, block.timm, ...(block.last ? [block.stage] : []))) return;
      }
      const names = network.source.timm
        ? last.timm
        : { conv: `${torchvisionLast}.0`, norm: `${torchvisionLast}.1` };
      network.tap(network.convolution(x, last.channels, names, { activation: stemActivation }), ...lastNames);
    },
  };
}

// Functions of their own: bundlers cannot tell that a member of what is imported is of no effect.
const hardSwish: Activation = (x) => op.HardSwish(x);
const relu: Activation = (x) => op.Relu(x);

// t, c, n, s of the paper's table 2: expansion, channels, repeats, stride of the first.
const V2_STAGES = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

export const mobilenetV2: Architecture = /* @__PURE__ */ mobilenet({
  name: 'mobilenet_v2',
  timm: 'mobilenetv2_100.ra_in1k',
  stemChannels: 32,
  stemActivation: relu6,
  stages: /* @__PURE__ */ V2_STAGES.map(([expansion, channels, repeats, stride], stage) => {
    const before = V2_STAGES[stage - 1]?.[1] ?? 32;
    return Array.from({ length: repeats }, (_, i) => ({
      kernel: 3,
      expanded: expansion * (i === 0 ? before : channels),
      channels,
      stride: i === 0 ? stride : 1,
      activation: relu6,
    }));
  }),
  last: { channels: 1280, timm: { conv: 'conv_head', norm: 'bn2' } },
  defaultLayers: ['features.6', 'features.13', 'features.17'],
  prefix: 'conv',
  epsilon: () => 1e-5,
});

type V3Row = readonly [
  kernel: number,
  expanded: number,
  channels: number,
  squeezes: boolean,
  activation: Activation,
  stride: number,
];

// Table 1 of the MobileNetV3 paper, in timm's stages.
const V3_STAGES: readonly (readonly V3Row[])[] = [
  [[3, 16, 16, false, relu, 1]],
  [
    [3, 64, 24, false, relu, 2],
    [3, 72, 24, false, relu, 1],
  ],
  [
    [5, 72, 40, true, relu, 2],
    [5, 120, 40, true, relu, 1],
    [5, 120, 40, true, relu, 1],
  ],
  [
    [3, 240, 80, false, hardSwish, 2],
    [3, 200, 80, false, hardSwish, 1],
    [3, 184, 80, false, hardSwish, 1],
    [3, 184, 80, false, hardSwish, 1],
  ],
  [
    [3, 480, 112, true, hardSwish, 1],
    [3, 672, 112, true, hardSwish, 1],
  ],
  [
    [5, 672, 160, true, hardSwish, 2],
    [5, 960, 160, true, hardSwish, 1],
    [5, 960, 160, true, hardSwish, 1],
  ],
];

export const mobilenetV3Large: Architecture = /* @__PURE__ */ mobilenet({
  name: 'mobilenet_v3_large',
  timm: 'mobilenetv3_large_100.ra_in1k',
  stemChannels: 16,
  stemActivation: hardSwish,
  stages: /* @__PURE__ */ V3_STAGES.map((stage) =>
    stage.map(([kernel, expanded, channels, squeezes, activation, stride]) => ({
      kernel,
      expanded,
      channels,
      stride,
      activation,
      squeeze: squeezes ? multipleOfEight(Math.floor(expanded / 4)) : undefined,
    })),
  ),
  last: {
    channels: 960,
    timm: { conv: 'blocks.6.0.conv', norm: 'blocks.6.0.bn1' },
    timmLayer: 'blocks.6',
  },
  defaultLayers: ['features.6', 'features.12', 'features.15'],
  prefix: 'block',
  // torchvision trains this one with TensorFlow's epsilon, timm with PyTorch's.
  epsilon: ({ timm }) => (timm ? 1e-5 : 1e-3),
});
