import { LOG_LIKELIHOOD } from '@cflow/model';
import type { Tensor } from '@cflow/onnx';
import type { Session } from '@cflow/runtime';
import type { LayerLogLikelihood, RgbImage, ScalarMap } from '@cflow/spec';
import { imageBatch } from './image-batch.js';

/** What the graphs say of one image. */
export interface RawScore {
  /** Maximum of the map; NaN while the head is not normalised. */
  score: number;
  map?: ScalarMap;
  layers?: LayerLogLikelihood[];
}

export interface ScorerOptions {
  backbone: Session;
  head: Session;
  inputSize: readonly [number, number];
  /**
   * Batch sizes that the device is warm for; a batch is padded to the next one. Left out: every batch runs as it is,
   * up to `maxBatch`.
   */
  batchSizes?: readonly number[] | undefined;
  /** Images run at once at most. Default 8. */
  maxBatch?: number | undefined;
}

export interface ScoreOptions {
  map?: boolean | undefined;
  layers?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

/** Runs backbone and head on images. An image's result does not depend on the others of its batch. */
export class Scorer {
  readonly #options: ScorerOptions;
  readonly #layers: readonly string[];

  constructor(options: ScorerOptions) {
    this.#options = options;
    this.#layers = options.backbone.outputs.map(({ name }) => name);
  }

  async score(images: readonly RgbImage[], options: ScoreOptions = {}): Promise<RawScore[]> {
    const { batchSizes, maxBatch = 8 } = this.#options;
    const largest = batchSizes ? Math.max(...batchSizes) : maxBatch;
    const results: RawScore[] = [];
    for (let start = 0; start < images.length; start += largest) {
      const batch = images.slice(start, start + largest);
      const padTo = batchSizes
        ? Math.min(...batchSizes.filter((size) => size >= batch.length))
        : batch.length;
      results.push(...(await this.#batch(batch, padTo, options)));
    }
    return results;
  }

  async #batch(images: readonly RgbImage[], padTo: number, options: ScoreOptions): Promise<RawScore[]> {
    const { backbone, head, inputSize } = this.#options;
    const { signal } = options;
    const aborting = signal ? { signal } : {};
    const image = imageBatch(images, inputSize, padTo);
    const features = await backbone.run({ image }, { ...aborting, consumeFeeds: true });
    const fetches = [
      ...(head.outputs.some(({ name }) => name === 'score') ? ['score'] : []),
      ...(options.map ? ['anomaly_map'] : []),
      ...(options.layers ? this.#layers.map((layer) => LOG_LIKELIHOOD + layer) : []),
    ];
    const outputs = await head.run(features, { ...aborting, fetches, consumeFeeds: true });
    return images.map((_, index) => ({
      score: (outputs.score?.data as Float32Array | undefined)?.[index] ?? Number.NaN,
      ...(options.map && { map: planeOf(outputs.anomaly_map as Tensor, index) }),
      ...(options.layers && {
        layers: this.#layers.map((layer) => ({
          layer,
          ...planeOf(outputs[LOG_LIKELIHOOD + layer] as Tensor, index),
        })),
      }),
    }));
  }
}

/** One image's plane of [batch, …, height, width]. */
function planeOf({ dims, data }: Tensor, index: number): ScalarMap {
  const [height, width] = dims.slice(-2) as [number, number];
  const size = height * width;
  return { width, height, data: (data as Float32Array).slice(index * size, (index + 1) * size) };
}
