import { elementCount, type Float32Tensor, float32 } from '@cflow/onnx';
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
  /** The batch norm's scale starts at 0 in training, so that the block around it starts as the identity. */
  startsAtZero?: boolean;
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

/**
 * Weights by the names of timm or torchvision. A convolution may have a bias beside its batch norm, or instead of it,
 * as where the norm was folded in already.
 */
export function stateDictSource(dict: StateDict): WeightSource {
  return {
    timm: dict.has('conv_stem.weight'),
    convolution({ conv, norm }, dims, _groups, epsilon) {
      const weight = dict.take(`${conv}.weight`, dims);
      const channels = [dims[0]!];
      const hasBias = dict.has(`${conv}.bias`);
      if (norm === undefined || (hasBias && !dict.has(`${norm}.weight`))) {
        return { weight, bias: dict.take(`${conv}.bias`, channels) };
      }
      return foldBatchNorm(
        weight,
        hasBias ? dict.take(`${conv}.bias`, channels) : zeros(channels),
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

/**
 * Weights as timm has them before training, reproducible by seed: each tensor has a stream of its own. Convolutions
 * He-normal by the fan out of one group, biases 0, batch norms the identity but for the last of each residual block,
 * whose scale is 0 (`zero_init_last`). The numbers are not those of PyTorch's generator.
 */
export function randomSource(seed: number): WeightSource {
  return {
    timm: true,
    convolution({ conv, norm, startsAtZero }, dims, groups, epsilon) {
      const channels = [dims[0]!];
      if (startsAtZero) return { weight: zeros(dims), bias: zeros(channels) };
      const weight = kaimingNormalFanOut(randomStream(seed, conv), dims, groups);
      if (norm === undefined) return { weight, bias: zeros(channels) };
      return foldBatchNorm(weight, zeros(channels), batchNormInit(dims[0]!), epsilon);
    },
  };
}

function zeros(dims: readonly number[]): Float32Tensor {
  return float32(dims, new Float32Array(elementCount(dims)));
}

/** y = γ(Wx + b - μ)/√(σ² + ε) + β as one convolution: W' = Wγ/√(σ² + ε), b' = β + (b - μ)γ/√(σ² + ε). */
function foldBatchNorm(
  weight: Float32Tensor,
  own: Float32Tensor,
  norm: Record<'weight' | 'bias' | 'runningMean' | 'runningVariance', Float32Tensor>,
  epsilon: number,
): FoldedConvolution {
  const [out = 0] = weight.dims;
  const perOutput = weight.data.length / out;
  const folded = new Float32Array(weight.data.length);
  const bias = new Float32Array(out);
  for (let channel = 0; channel < out; channel++) {
    const factor = norm.weight.data[channel]! / Math.sqrt(norm.runningVariance.data[channel]! + epsilon);
    for (let i = channel * perOutput; i < (channel + 1) * perOutput; i++) {
      folded[i] = weight.data[i]! * factor;
    }
    const center = own.data[channel]! - norm.runningMean.data[channel]!;
    bias[channel] = norm.bias.data[channel]! + center * factor;
  }
  return {
    weight: { type: 'float32', dims: weight.dims, data: folded },
    bias: { type: 'float32', dims: [out], data: bias },
  };
}
