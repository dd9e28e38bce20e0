import {
  type FeatureLayer,
  gaussians,
  IMAGE_STATISTICS,
  type ImageStatistic,
  imageLayers,
  imageStatistic,
  interpolateRows,
  type MemoryBank,
  memoryBanks,
  neighborhoodMeans,
  placeRows,
  randomPermutation,
  randomStream,
} from '@cflow/model';
import { float32, Graph, op, type Tensor, type Value, writeModel } from '@cflow/onnx';
import type { Runtime } from '@cflow/runtime';
import type { FeatureSource } from '../features/feature-source.js';

/** Rows of features as the store has them, [batch, h · w, C], as maps [batch, C, h, w]. */
export function rowInputs(graph: Graph, layers: readonly FeatureLayer[]): Map<string, Value> {
  return new Map(
    layers.map(({ name, channels, height, width }) => {
      const rows = graph.input(`rows.${name}`, 'float32', ['batch', height * width, channels]);
      return [name, op.Reshape(op.Transpose(rows, [0, 2, 1]), ['batch', channels, height, width])];
    }),
  );
}

/** Feeds for {@link rowInputs}: the features of some images. */
export async function rowFeeds(
  features: FeatureSource,
  layers: readonly FeatureLayer[],
  places: readonly number[],
): Promise<Record<string, Tensor>> {
  const feeds: Record<string, Tensor> = {};
  for (const [index, { name, channels, height, width }] of layers.entries()) {
    const rows = await features.read(index, places);
    feeds[`rows.${name}`] = float32([places.length, height * width, channels], rows);
  }
  return feeds;
}

/** Channels that a layer takes part in a memory with, at most: wider ones are projected at random first. */
const MOST_CHANNELS = 384;

/** Rows of good places of one bank, before its projection is found. */
export interface SampledPlaces {
  bank: MemoryBank;
  /** [count, channels] */
  rows: Float32Array;
  channels: number;
  /** Which image each row is from, by its index among those sampled. */
  owners: Int32Array;
  /** Per layer of the bank the random projection [C, reduced], where there is one. */
  reductions: (Float32Array | undefined)[];
}

export interface SampledImages {
  banks: SampledPlaces[];
  /** Per statistic [images, length]. */
  statistics: Record<ImageStatistic, Float32Array>;
  /** How much each channel of the layers that an image is described by strays within an image, on average, [channels]. */
  deviations: Float32Array;
}

export interface SampleOptions {
  runtime: Runtime;
  layers: readonly FeatureLayer[];
  features: FeatureSource;
  /** Images by their place in the feature source. */
  images: readonly number[];
  seed: number;
  /** Rows of each bank, about. */
  rows: number;
  signal: AbortSignal;
}

const BATCH = 4;

/** Random places of all images, and the numbers that describe each image as a whole. */
export async function samplePlaces(options: SampleOptions): Promise<SampledImages> {
  const { runtime, layers, features, images, seed, rows: wanted, signal } = options;
  const graph = new Graph('places');
  const maps = rowInputs(graph, layers);
  const means = new Map([...maps].map(([name, map]) => [name, neighborhoodMeans(map)]));
  const banks = memoryBanks(layers).map((bank) => {
    const reductions = bank.layers.map((layer) => randomReduction(layer, seed));
    const parts = bank.layers.map(({ name, channels, height, width }, i) => {
      const reduction = reductions[i];
      const rows = placeRows(means.get(name) as Value);
      const narrow = reduction
        ? op.MatMul(rows, graph.constant(float32([channels, reduction.length / channels], reduction)))
        : rows;
      return interpolateRows(narrow, [height, width], [bank.height, bank.width]);
    });
    const joined = op.Concat(parts, 2);
    graph.output(bank.name, joined);
    const perImage = Math.min(bank.height * bank.width, Math.ceil(wanted / images.length));
    const channels = joined.shape[2] as number;
    const count = perImage * images.length;
    const rows = new Float32Array(count * channels);
    return { bank, reductions, channels, perImage, rows, owners: new Int32Array(count) };
  });
  const seen = imageLayers(layers).map(({ name }) => maps.get(name) as Value);
  graph.output('deviations', op.Concat(seen.map(channelDeviations), 1));
  const lengths = IMAGE_STATISTICS.map((statistic) => {
    const values = imageStatistic(statistic, seen);
    graph.output(statistic, values);
    return values.shape[1] as number;
  });
  const statistics = Object.fromEntries(
    IMAGE_STATISTICS.map((statistic, i) => [statistic, new Float32Array(images.length * lengths[i]!)]),
  ) as Record<ImageStatistic, Float32Array>;

  const deviations = new Float32Array(imageLayers(layers).reduce((sum, { channels }) => sum + channels, 0));

  const session = await runtime.createSession({ model: writeModel(graph) });
  try {
    for (let start = 0; start < images.length; start += BATCH) {
      const batch = images.slice(start, start + BATCH);
      const outputs = await session.run(await rowFeeds(features, layers, batch), {
        signal,
        consumeFeeds: true,
      });
      IMAGE_STATISTICS.forEach((statistic, i) => {
        const values = (outputs[statistic] as Tensor).data as Float32Array;
        statistics[statistic].set(values, start * lengths[i]!);
      });
      ((outputs.deviations as Tensor).data as Float32Array).forEach((value, i) => {
        const channel = i % deviations.length;
        deviations[channel] = deviations[channel]! + value / images.length;
      });
      for (const { bank, channels, perImage, rows, owners } of banks) {
        const found = (outputs[bank.name] as Tensor).data as Float32Array;
        const positions = bank.height * bank.width;
        batch.forEach((_, i) => {
          const index = start + i;
          const chosen = randomPermutation(randomStream(seed, `memory/${bank.name}/${index}`), positions);
          for (let k = 0; k < perImage; k++) {
            const from = (i * positions + chosen[k]!) * channels;
            rows.set(found.subarray(from, from + channels), (index * perImage + k) * channels);
            owners[index * perImage + k] = index;
          }
        });
      }
    }
  } finally {
    await session.dispose();
  }
  return { banks, statistics, deviations };
}

/** Deviation of each channel over the places of a map, [batch, C]. */
function channelDeviations(map: Value): Value {
  const away = op.Sub(map, op.ReduceMean(map, [2, 3], true));
  return op.Sqrt(op.ReduceMean(op.Mul(away, away), [2, 3]));
}

/** A random projection keeps distances (Johnson and Lindenstrauss), and what follows is then no wider than it has to be. */
function randomReduction({ name, channels }: FeatureLayer, seed: number): Float32Array | undefined {
  if (channels <= MOST_CHANNELS) return undefined;
  const random = gaussians(randomStream(seed, `memory/reduction/${name}`), channels * MOST_CHANNELS);
  return Float32Array.from(random, (value) => value / Math.sqrt(MOST_CHANNELS));
}
