import { type Canvas, pictureMap, regionFill, regionPlaces } from '@cflow/images';
import type { Tensor } from '@cflow/onnx';
import type { Session } from '@cflow/runtime';
import {
  ConfigurationError,
  type Device,
  DeviceError,
  type LayerLogLikelihood,
  LOG_LIKELIHOOD,
  type PictureRegion,
  type RgbImage,
  type ScalarMap,
  type Span,
} from '@cflow/spec';
import { type BatchSizes, checkBatchSizes, DEFAULT_MAX_BATCH, planBatches } from './batch-sizes.js';
import { imageBatch } from './image-batch.js';
import { recorded } from './recorded.js';

/** What the graphs say of one image. */
export interface RawScore {
  /** NaN while the head of a flow is not normalized. */
  score: number;
  map?: ScalarMap;
  layers?: LayerLogLikelihood[];
}

export interface ScorerOptions extends BatchSizes, Canvas {
  backbone: Session;
  head: Session;
  /** The part of the picture that counts. */
  region?: PictureRegion | undefined;
}

export interface ScoreOptions {
  map?: boolean | undefined;
  layers?: boolean | undefined;
  signal?: AbortSignal | undefined;
  /** For each image what backbone and head are a part of, where somebody records that. */
  spans?: readonly (Span | undefined)[] | undefined;
}

/** Runs backbone and head on images. An image's result does not depend on the others of its batch. */
export class Scorer {
  readonly #options: ScorerOptions;
  readonly #layers: readonly string[];
  readonly #fill: Int32Array | undefined;

  constructor(options: ScorerOptions) {
    checkBatchSizes(options);
    this.#options = options;
    this.#fill = options.region && regionFill(options.region);
    this.#layers = options.backbone.outputs.map(({ name }) => name);
  }

  /** @throws DeviceError when the device returns NaN or infinity: such an image is neither good nor bad */
  async score(images: readonly RgbImage[], options: ScoreOptions = {}): Promise<RawScore[]> {
    const { batchSizes, maxBatch = defaultMaxBatch(this.#options.head.device) } = this.#options;
    const batches = planBatches(images.length, { batchSizes, maxBatch });
    const results: RawScore[][] = [];
    let next = 0;
    const takeTurns = async (): Promise<void> => {
      try {
        for (let index = next++; index < batches.length; index = next++) {
          const { start, end, padTo } = batches[index] as (typeof batches)[number];
          const spans = options.spans?.slice(start, end);
          results[index] = await this.#batch(images.slice(start, end), padTo, { ...options, spans });
        }
      } finally {
        next = batches.length;
      }
    };
    // Two under way: while one is on the device, the images of the next one are resampled.
    const ends = await Promise.allSettled([takeTurns(), takeTurns()]);
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
    return results.flat();
  }

  async #batch(images: readonly RgbImage[], padTo: number, options: ScoreOptions): Promise<RawScore[]> {
    const { backbone, head, inputSize, geometry } = this.#options;
    const { signal, spans } = options;
    const seen =
      (geometry === 'pad' || images.some(({ region }) => region)) &&
      this.#gives([...this.#likelihoods, 'anomaly_map']);
    if (options.layers) this.#requireLikelihoods();
    const aborting = signal ? { signal } : {};
    const image = imageBatch(images, inputSize, { padTo, geometry, fill: this.#fill });
    const features = await recorded(spans, 'backbone', { 'cflow.batch.size': padTo }, () =>
      backbone.run({ image }, { ...aborting, consumeFeeds: true }),
    );
    const fetches = [
      ...(this.#gives(['score']) ? ['score'] : []),
      ...(options.map || seen ? ['anomaly_map'] : []),
      ...(options.layers ? this.#likelihoods : []),
    ];
    const outputs = await recorded(spans, 'head', { 'cflow.batch.size': padTo }, () =>
      head.run(features, { ...aborting, fetches, consumeFeeds: true }),
    );
    for (const name of fetches) this.#refuseNaN(name, outputs[name] as Tensor);
    return images.map((picture, index) => {
      const map =
        outputs.anomaly_map &&
        withinRegion(pictureMap(planeOf(outputs.anomaly_map, index), picture, this.#options), picture.region);
      const given = (outputs.score?.data as Float32Array | undefined)?.[index] ?? Number.NaN;
      return {
        // Where the score is the map's maximum, what lies beside a padded picture, or outside of its region, takes no part in it.
        score: seen && map ? highest(map) : given,
        ...(options.map && map && { map }),
        ...(options.layers && {
          layers: this.#layers.map((layer) => ({
            layer,
            ...planeOf(outputs[LOG_LIKELIHOOD + layer] as Tensor, index),
          })),
        }),
      };
    });
  }

  get #likelihoods(): string[] {
    return this.#layers.map((layer) => LOG_LIKELIHOOD + layer);
  }

  #gives(names: readonly string[]): boolean {
    const given = new Set(this.#options.head.outputs.map(({ name }) => name));
    return names.every((name) => given.has(name));
  }

  #requireLikelihoods(): void {
    if (this.#gives(this.#likelihoods)) return;
    throw new ConfigurationError(
      'this detector has no log-likelihoods: it compares with a memory; ask for the map, or train one with a flow',
    );
  }

  #refuseNaN(name: string, { data }: Tensor): void {
    const values = data as Float32Array;
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      // A likelihood may underflow to nothing, whose logarithm is -Infinity; the map is finite all the same.
      if (Number.isFinite(value) || (value < 0 && name.startsWith(LOG_LIKELIHOOD))) continue;
      throw new DeviceError('an image cannot be scored', [
        { device: this.#options.head.device, reason: `it gives ${value} as ${name}` },
      ]);
    }
  }
}

/**
 * A processor's products are as fast for one image as for eight, but what lies between them no longer fits its caches
 * for eight; a graphics processor wants many.
 */
const defaultMaxBatch = (device: Device): number =>
  device === 'cpu' || device === 'wasm' ? 1 : DEFAULT_MAX_BATCH;

/** A map of which only a region counts, as a head has it that knows its region: outside it has the map's lowest value. */
export function withinRegion(map: ScalarMap, region: PictureRegion | undefined): ScalarMap {
  if (!region) return map;
  const inside = regionPlaces(region);
  const lowest = -highest({ ...map, data: map.data.map((value) => -value) });
  return { ...map, data: map.data.map((value, i) => (inside[i] === 1 ? value : lowest)) };
}

/** The highest value of a map. */
export const highest = ({ data }: ScalarMap): number => {
  let most = Number.NEGATIVE_INFINITY;
  for (const value of data) if (value > most) most = value;
  return most;
};

/** One image's plane of [batch, …, height, width]. */
function planeOf({ dims, data }: Tensor, index: number): ScalarMap {
  const [height, width] = dims.slice(-2) as [number, number];
  const size = height * width;
  return { width, height, data: (data as Float32Array).slice(index * size, (index + 1) * size) };
}
