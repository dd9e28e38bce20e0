import type { FeatureLayer } from '@cflow/model';
import type { RgbImage } from '@cflow/spec';

/** Features of images by place: what decoders are trained on, wherever it is kept. */
export interface FeatureSource {
  /** Rows [images · h · w, C] of one layer, for images by their place, in the order asked for. */
  read(layer: number, places: readonly number[]): Promise<Float32Array>;
}

/** Features of images: per layer, rows of each image one after another. */
export type ComputeFeatures = (images: readonly RgbImage[]) => Promise<Float32Array[]>;

/** float32 values that one image has in one layer. */
export const valuesPerImage = ({ channels, height, width }: FeatureLayer): number =>
  channels * height * width;
