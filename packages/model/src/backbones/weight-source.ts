import type { Float32Tensor } from '@cflow/onnx';
import { randomStream } from '../weights/random.js';
import { batchNormInit, kaimingNormalFanOut } from '../weights/random-init.js';
import type { StateDict } from '../weights/state-dict.js';

/** A convolution's weight [out, in / groups, kh, kw] and bias [out], with its batch norm folded in. */
export interface FoldedConvolution {
  weight: Float32Tensor;
  bias: Float32Tensor;
}

export interface ConvolutionNames {
  /** Name of the convolution: its weight is `<conv>.weight`. */
  conv: string;
  /** Name of the batch norm behind it; a convolution without one has a bias of its own. */
  norm?: string;
}

/** Where a backbone's weights come from: a file, or chance. */
export interface WeightSource {
  /** Whether the file uses timm's names where they differ from torchvision's. */
  readonly timm: boolean;
  /** @throws WeightsError when a tensor is missing or has another shape. */
  convolution(
    names: ConvolutionNames,
    dims: readonly number[],
    groups: number,
    epsilon: number,
  ): FoldedConvolution;
}

/** Weights by the names of timm or torchvision. */
export function stateDictSource(dict: StateDict): WeightSource {
  return {
    timm: dict.has('conv_stem.weight'),
    convolution({ conv, norm }, dims, _groups, epsilon) {
      const weight = dict.take(`${conv}.weight`, dims);
      const channels = [dims[0] as number];
      if (norm === undefined) return { weight, bias: dict.take(`${conv}.bias`, channels) };
      return foldBatchNorm(
        weight,
        {
          weight: dict.take(`${norm}.weight`, channels),
          bias: dict.take(`${norm}.bias`, channels),
          runningMean: dict.take(`${norm}.running_mean`, channels),
          runningVariance: dict.take(`${norm}.running_var`, channels),
        },
        epsilon,
      );
    },
  };
}

/** Weights as a network has them before training, reproducible by seed: each tensor has a stream of its own. */
export function randomSource(seed: number): WeightSource {
  return {
    timm: false,
    convolution({ conv }, dims, groups, epsilon) {
      const weight = kaimingNormalFanOut(randomStream(seed, conv), dims, groups);
      return foldBatchNorm(weight, batchNormInit(dims[0] as number), epsilon);
    },
  };
}

/** y = γ(Wx - μ)/√(σ² + ε) + β as one convolution: W' = Wγ/√(σ² + ε), b' = β - μγ/√(σ² + ε). */
function foldBatchNorm(
  weight: Float32Tensor,
  norm: Record<'weight' | 'bias' | 'runningMean' | 'runningVariance', Float32Tensor>,
  epsilon: number,
): FoldedConvolution {
  const [out = 0] = weight.dims;
  const perOutput = weight.data.length / out;
  const folded = new Float32Array(weight.data.length);
  const bias = new Float32Array(out);
  for (let channel = 0; channel < out; channel++) {
    const factor =
      (norm.weight.data[channel] as number) /
      Math.sqrt((norm.runningVariance.data[channel] as number) + epsilon);
    for (let i = channel * perOutput; i < (channel + 1) * perOutput; i++) {
      folded[i] = (weight.data[i] as number) * factor;
    }
    bias[channel] = (norm.bias.data[channel] as number) - (norm.runningMean.data[channel] as number) * factor;
  }
  return {
    weight: { type: 'float32', dims: weight.dims, data: folded },
    bias: { type: 'float32', dims: [out], data: bias },
  };
}
