import { elementCount, type Float32Tensor } from '@cflow/onnx';
import { gaussians, type RandomGenerator, uniform } from './random.js';

/** Weight and bias as a layer has them at the start. */
export interface InitialLayer {
  weight: Float32Tensor;
  bias: Float32Tensor;
}

/**
 * PyTorch's default for Linear and Conv: `kaiming_uniform_(a = sqrt 5)` for the weight, which is U(-b, b) with
 * b = 1 / sqrt(fanIn), and the same for the bias. fanIn is the number of elements of one output's weight.
 * Source: torch.nn.Linear.reset_parameters.
 *
 * @param dims Shape of the weight: [out, in] or [out, in / groups, height, width].
 */
export function defaultInit(random: RandomGenerator, dims: readonly number[]): InitialLayer {
  const bound = 1 / Math.sqrt(elementCount(dims.slice(1)));
  const [out = 1] = dims;
  return { weight: uniformTensor(random, dims, bound), bias: uniformTensor(random, [out], bound) };
}

/**
 * `kaiming_normal_(mode = 'fan_out', nonlinearity = 'relu')`: N(0, 2 / fanOut) with fanOut = out * height * width / groups.
 * With groups 1, whatever the layer's groups, it is what torchvision's networks and timm's ResNet use; with the layer's
 * groups it is timm's MobileNet and EfficientNet (`_init_weight_goog`). Biases of such networks start at 0.
 *
 * @param dims Shape of the weight, [out, in / groups, height, width].
 */
export function kaimingNormalFanOut(
  random: RandomGenerator,
  dims: readonly number[],
  groups = 1,
): Float32Tensor {
  const [out = 1, , ...kernel] = dims;
  const fanOut = Math.floor((out * elementCount(kernel)) / groups);
  const deviation = Math.sqrt(2 / fanOut);
  const data = Float32Array.from(gaussians(random, elementCount(dims)), (value) => value * deviation);
  return { type: 'float32', dims, data };
}

/** Batch norm at the start: scale 1, offset 0, running mean 0 and variance 1; each of shape [channels]. */
export function batchNormInit(
  channels: number,
): Record<'weight' | 'bias' | 'runningMean' | 'runningVariance', Float32Tensor> {
  return {
    weight: constantTensor(channels, 1),
    bias: constantTensor(channels, 0),
    runningMean: constantTensor(channels, 0),
    runningVariance: constantTensor(channels, 1),
  };
}

function constantTensor(length: number, value: number): Float32Tensor {
  return { type: 'float32', dims: [length], data: new Float32Array(length).fill(value) };
}

function uniformTensor(random: RandomGenerator, dims: readonly number[], bound: number): Float32Tensor {
  const data = new Float32Array(elementCount(dims));
  for (let i = 0; i < data.length; i++) data[i] = uniform(random, -bound, bound);
  return { type: 'float32', dims, data };
}
