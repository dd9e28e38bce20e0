import type { Value } from '@cflow/onnx';
import type { Network } from './network.js';
import type { WeightSource } from './weight-source.js';

/** What is done to pixels before the network: (pixel / 255 - mean) / deviation, per channel R, G, B. */
export interface PixelNormalization {
  mean: readonly [number, number, number];
  deviation: readonly [number, number, number];
}

/** The usual normalization of networks trained on ImageNet. */
export const IMAGENET: PixelNormalization = {
  mean: [0.485, 0.456, 0.406],
  deviation: [0.229, 0.224, 0.225],
};

/** Pixels to [-1, 1]. */
export const SYMMETRIC: PixelNormalization = { mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] };

/** Pixels as the networks of Caffe take them: the mean of ImageNet taken off, in units of a gray level. */
export const MEAN_ONLY: PixelNormalization = {
  mean: [123.68 / 255, 116.779 / 255, 103.939 / 255],
  deviation: [1 / 255, 1 / 255, 1 / 255],
};

/** A built-in feature extractor. */
export interface Architecture {
  name: string;
  /** The model on the hub whose weights timm takes when asked for this architecture without a tag; none: it has its own. */
  timm: string | undefined;
  /** The layers one would usually tap, shallow to deep. */
  layers: readonly string[];
  /** More names that can be tapped: other names of the same layers, and blocks inside them. */
  otherLayers: readonly string[];
  defaultLayers: readonly string[];
  normalization: PixelNormalization;
  /** Epsilon of the batch norms, which timm and torchvision do not always agree on. */
  epsilon(source: WeightSource): number;
  /** The name here of a tensor that yet another library names otherwise. Default: as it is. */
  nameOf?: (name: string) => string;
  /** Builds the network until all wanted layers were tapped. */
  build(network: Network, image: Value): void;
}
