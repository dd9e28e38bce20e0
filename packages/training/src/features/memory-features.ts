import type { FeatureLayer } from '@cflow/model';
import { TrainingError } from '@cflow/spec';
import { type FeatureSource, valuesPerImage } from './feature-source.js';

/** Features of images held in memory: one array per layer, one fixed place per image. */
export class MemoryFeatures implements FeatureSource {
  readonly #sizes: readonly number[];
  readonly #rows: readonly Float32Array[];

  /** Takes the memory for `images` images at once, so that it is missed before anything is computed. */
  constructor(layers: readonly FeatureLayer[], images: number) {
    this.#sizes = layers.map(valuesPerImage);
    try {
      this.#rows = this.#sizes.map((size) => new Float32Array(images * size));
    } catch (cause) {
      const bytes = featureBytes(layers, images);
      throw new TrainingError(
        `not enough memory for the ${bytes} bytes of features of ${images} images; use fewer images`,
        { cause, details: { bytes, images } },
      );
    }
  }

  /** Stores features, per layer rows of images one after another, from a place on. */
  write(place: number, features: readonly Float32Array[]): void {
    features.forEach((rows, layer) => {
      (this.#rows[layer] as Float32Array).set(rows, place * this.#sizes[layer]!);
    });
  }

  async read(layer: number, places: readonly number[]): Promise<Float32Array> {
    const size = this.#sizes[layer]!;
    const from = this.#rows[layer] as Float32Array;
    const rows = new Float32Array(places.length * size);
    places.forEach((place, i) => {
      rows.set(from.subarray(place * size, (place + 1) * size), i * size);
    });
    return rows;
  }
}

/** Bytes that the features of so many images take. */
export function featureBytes(layers: readonly FeatureLayer[], images: number): number {
  return images * layers.reduce((sum, layer) => sum + valuesPerImage(layer) * 4, 0);
}
