import {
  type Backbone,
  buildBackbone,
  findArchitecture,
  randomSource,
  type WeightSource,
} from '@cflow/model';
import { float32, type Tensor } from '@cflow/onnx';
import type { ScoreCase } from './score-cases.js';

/**
 * Random weights make features grow from block to block, unlike trained ones: the last convolution of each block is
 * scaled so that features stay of the order of 1.
 */
const RESNET_DAMPING = 0.2;
const MOBILENET_DAMPING = 0.75;

/** A backbone with random weights, and the same weights under timm's names. */
export function sharedBackbone({ backbone, layers, size }: ScoreCase): {
  backbone: Backbone;
  weights: Map<string, Tensor>;
} {
  const architecture = findArchitecture(backbone);
  const random = randomSource(0);
  const weights = new Map<string, Tensor>();
  const recording: WeightSource = {
    timm: random.timm,
    convolution(names, dims, groups, epsilon) {
      // Left at zero, as training starts, a residual block would not show in what comes out.
      const { startsAtZero = false, ...plain } = names;
      const { weight, bias } = random.convolution(plain, dims, groups, epsilon);
      const damping = startsAtZero
        ? RESNET_DAMPING
        : names.conv.endsWith('.conv_pwl')
          ? MOBILENET_DAMPING
          : 1;
      weight.data.set(weight.data.map((value) => damping * value));
      weights.set(`${names.conv}.weight`, weight);
      if (names.norm === undefined) weights.set(`${names.conv}.bias`, bias);
      else
        for (const [part, tensor] of identityNorm(bias.data, epsilon))
          weights.set(`${names.norm}.${part}`, tensor);
      return { weight, bias };
    },
  };
  const built = buildBackbone(architecture, recording, {
    layers: layers.map(([name]) => name),
    inputSize: [size, size],
  });
  return { backbone: built, weights };
}

/** A batch norm that only adds the bias, since ours was folded into the convolution: γ/√(1 + ε) = 1. */
function identityNorm(bias: Float32Array, epsilon: number): [string, Tensor][] {
  const full = (value: number): Tensor => float32([bias.length], new Float32Array(bias.length).fill(value));
  return [
    ['weight', full(Math.sqrt(1 + epsilon))],
    ['bias', float32([bias.length], bias)],
    ['running_mean', full(0)],
    ['running_var', full(1)],
  ];
}
