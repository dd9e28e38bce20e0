import type { Tensor } from '@cflow/onnx';

export type Activation = 'none' | 'relu' | 'relu6';

/**
 * A convolution with its batch norm folded in. Output [N, out, ceil(H / stride), ceil(W / stride)] under SAME_UPPER.
 * A depthwise one has one input channel per output channel: `group` is the number of channels.
 */
export interface ConvolutionLayer {
  type: 'conv' | 'depthwise';
  /** Also the name of its output. */
  name: string;
  inputs: readonly [string];
  /** [out, in / groups, kernel height, kernel width], float16 (raw bits) or float32. */
  weight: Tensor;
  /** [out] */
  bias: Tensor;
  strides: readonly [number, number];
  dilations: readonly [number, number];
  /** ONNX's auto_pad. SAME_UPPER puts the odd pixel of padding at the end, so it depends on the input's size. */
  autoPad: 'SAME_UPPER' | 'VALID';
  activation: Activation;
}

export interface AddLayer {
  type: 'add';
  name: string;
  inputs: readonly [string, string];
  activation: Activation;
}

export type BackboneLayer = ConvolutionLayer | AddLayer;

export interface BackboneTap {
  /** Name of the layer whose output (after its activation) is tapped. */
  name: string;
  channels: number;
  /** Input pixels per output pixel. */
  stride: number;
}

/** A feature extractor as a plain list of layers, in the order in which they run. */
export interface BackboneGraph {
  /** Name of the image, [N, 3, H, W], RGB. */
  input: string;
  /** The values that the pixels 0 and 255 take in the input. */
  inputRange: readonly [number, number];
  layers: readonly BackboneLayer[];
  /** Shallowest first. */
  taps: readonly BackboneTap[];
}

/**
 * The padding [before, after] of one axis under SAME_UPPER: output ceil(size / stride), the odd pixel after.
 * Source: ONNX's Conv, `auto_pad`; TensorFlow's SAME is the same.
 */
export function sameUpperPads(size: number, kernel: number, stride: number, dilation = 1): [number, number] {
  const output = Math.ceil(size / stride);
  const total = Math.max(0, (output - 1) * stride + (kernel - 1) * dilation + 1 - size);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}
