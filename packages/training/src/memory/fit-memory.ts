import { highest, withinRegion } from '@cflow/detector';
import { evenlySpaced } from '@cflow/images';
import {
  bankTensorName,
  countedPlaces,
  type FeatureLayer,
  type ImageStatistic,
  imageLayers,
  type MemoryBank,
  memoryBanks,
  memoryMap,
  type Precision,
  REGION,
  SCORE_DEVIATIONS,
  SCORE_MEANS,
  type ScoreWindows,
  STATISTIC_PARTS,
  scoredStatistics,
  TOP_SHARE,
} from '@cflow/model';
import { float32, Graph, type Tensor, writeModel } from '@cflow/onnx';
import type { Runtime } from '@cflow/runtime';
import type { PictureRegion } from '@cflow/spec';
import type { FeatureSource } from '../features/feature-source.js';
import { crossFittedDistances } from './cross-fitted-distances.js';
import { crossFittedStandards } from './cross-fitted-standards.js';
import { fitBanks, storedTensors } from './fit-banks.js';
import { imageStandard } from './image-standards.js';
import { leftOutDistances } from './left-out-distances.js';
import { PlaceStandards } from './place-standards.js';
import { samplePlaces } from './sample-places.js';

export interface FitMemoryOptions {
  runtime: Runtime;
  layers: readonly FeatureLayer[];
  features: FeatureSource;
  /** Good images by their place in the feature source, at least 2. */
  images: readonly number[];
  /** [height, width] of the anomaly map. */
  imageSize: readonly [number, number];
  seed: number;
  precision: Precision;
  /** Which pixels count, where not all do. */
  region?: Tensor | undefined;
  /** What counts of an image, by its place, where images have regions of their own: their maps' peaks are looked for there. */
  regionOf?: ((place: number) => Promise<PictureRegion | undefined>) | undefined;
  /** [height, width] in pixels of the tiles that pictures are looked at in, where they are. */
  tileSize?: readonly [number, number] | undefined;
  signal: AbortSignal;
  onProgress: (done: number, total: number) => void;
}

export interface FittedMemory {
  /** What the head takes. */
  parameters: Map<string, Tensor>;
  /** Scores of the images, each as if the memory had not seen it. */
  scores: number[];
  /** The highest value of each image's map, likewise. */
  peaks: number[];
  /** The images that took part, by their place in the feature source. */
  images: readonly number[];
}

/** Images that a memory is made of, at most, evenly spaced: more are seldom different, and each is compared with all. */
export const MEMORY_IMAGES = 512;

/** Places that a memory is chosen from. */
const SAMPLED_PLACES = 24_000;

/**
 * Up to so many images, coordinates and memory are fitted anew for each part of them that is left out: an image takes part
 * in its own coordinates, which matters while there are few. With more, its own rows are left out and no more.
 */
export const CROSS_FITTED_IMAGES = 64;

/**
 * Fits a memory to the features of good images: coordinates, the rows that stand for all, what is usual at each place, and
 * what whole images look like. Nothing is learnt by gradients, and nothing is held out: what calibrates is each image
 * against what the others say.
 */
export async function fitMemory(options: FitMemoryOptions): Promise<FittedMemory> {
  const { runtime, layers, features, seed, precision, signal } = options;
  const images = evenlySpaced(options.images, MEMORY_IMAGES);
  const sampled = await samplePlaces({
    runtime,
    layers,
    features,
    images,
    seed,
    rows: SAMPLED_PLACES,
    signal,
  });
  const onProgress = (done: number): void => options.onProgress(done, images.length);
  const parts = {
    runtime,
    layers,
    features,
    images,
    sampled: sampled.banks,
    seed,
    precision,
    imageSize: options.imageSize,
    tileSize: options.tileSize,
    signal,
    onProgress,
  };
  const { parameters, owners } = await fitBanks(parts);
  const few = images.length <= CROSS_FITTED_IMAGES;
  const distances = few
    ? await crossFittedDistances(parts)
    : await leftOutDistances({ ...parts, members: [...images.keys()], parameters, owners });
  const banks = memoryBanks(layers);
  const standards = new Map(
    banks.map((bank) => [bank.name, new PlaceStandards(bank, distances.get(bank.name) as Float32Array)]),
  );
  for (const [name, standard] of standards) {
    const { usual, spread } = standard.all();
    parameters.set(bankTensorName(name, 'usual'), float32([1, usual.length], usual));
    parameters.set(bankTensorName(name, 'spread'), float32([1, spread.length], spread));
  }
  const wholes = scoredStatistics(options.tileSize).map((statistic: ImageStatistic): Float64Array => {
    const within = numbersOf(statistic, layers, sampled.deviations);
    const args = [statistic, sampled.statistics[statistic], images.length, within] as const;
    const standard = imageStandard(...args);
    // What takes room is stored in the precision asked for.
    for (const [name, tensor] of storedTensors(standard.tensors, precision)) parameters.set(name, tensor);
    return few ? crossFittedStandards(...args) : standard.leftOut;
  });
  const leftOut: LeftOutMaps = new Map(
    [...standards].map(([name, standard]) => [name, images.map((_, image) => standard.leftOut(image))]),
  );
  const scored = banks.filter((bank) => bank.scored).map(({ name }) => leftOut.get(name) as Float32Array[]);
  const counted = countedPlaces(banks[0] as MemoryBank, options);
  const evidence = [
    images.map((_, image) => topMean(sumOf(scored.map((maps) => maps[image] as Float32Array)), counted)),
    ...wholes.map((distances) => [...distances]),
  ];
  const means = evidence.map(meanOf);
  const deviations = evidence.map((values, i) => deviationOf(values, means[i]!));
  parameters.set(SCORE_MEANS, float32([evidence.length], means));
  parameters.set(SCORE_DEVIATIONS, float32([evidence.length], deviations));
  const scores = images.map((_, image) =>
    evidence.reduce((sum, values, i) => sum + (values[image]! - means[i]!) / deviations[i]!, 0),
  );
  const peaks = await leftOutPeaks(runtime, banks, leftOut, images, options);
  if (options.region) parameters.set(REGION, options.region);
  return { parameters, scores, peaks, images };
}

/** What is known of each channel, for each number of a statistic: of a layer they follow each other. */
function numbersOf(
  statistic: ImageStatistic,
  layers: readonly FeatureLayer[],
  channels: Float32Array,
): Float32Array {
  let first = 0;
  const parts = imageLayers(layers).flatMap((layer) => {
    const own = channels.subarray(first, first + layer.channels);
    first += layer.channels;
    return Array.from({ length: STATISTIC_PARTS[statistic] }, () => [...own]).flat();
  });
  return Float32Array.from(parts);
}

/** Per bank and image what the image's map is to the other images, [positions]. */
type LeftOutMaps = ReadonlyMap<MemoryBank['name'], readonly Float32Array[]>;

/** The highest value of each image's anomaly map, every image compared with the others alone. */
async function leftOutPeaks(
  runtime: Runtime,
  banks: readonly MemoryBank[],
  leftOut: LeftOutMaps,
  images: readonly number[],
  { imageSize, region, regionOf }: Pick<FitMemoryOptions, 'imageSize' | 'region' | 'regionOf'>,
): Promise<number[]> {
  const graph = new Graph('peaks');
  const maps = banks.map((bank) => ({
    bank,
    map: graph.input(bank.name, 'float32', ['batch', bank.height * bank.width]),
  }));
  graph.output('map', memoryMap(maps, imageSize, region));
  const session = await runtime.createSession({ model: writeModel(graph) });
  try {
    const peaks: number[] = [];
    for (const [image, place] of images.entries()) {
      const feeds: Record<string, Tensor> = {};
      for (const { name, height, width } of banks) {
        feeds[name] = float32([1, height * width], leftOut.get(name)?.[image] as Float32Array);
      }
      const map = (await session.run(feeds)).map as Tensor;
      const [height, width] = imageSize;
      peaks.push(
        highest(withinRegion({ height, width, data: map.data as Float32Array }, await regionOf?.(place))),
      );
    }
    return peaks;
  } finally {
    await session.dispose();
  }
}

const sumOf = (maps: readonly Float32Array[]): Float32Array =>
  maps.reduce((left, right) => left.map((value, p) => value + right[p]!));

/** As the head has it: the mean of the most anomalous places, of windows the highest. */
function topMean(map: Float32Array, counted: ScoreWindows | undefined): number {
  if (!counted) return topShareOf(map);
  const { count, size, places } = counted;
  const windows = Array.from({ length: count }, (_, i) => places.subarray(i * size, (i + 1) * size));
  return Math.max(...windows.map((each) => topShareOf(Float32Array.from(each, (p) => map[p]!))));
}

/** As `topShareMean` in a graph. */
function topShareOf(values: Float32Array): number {
  const wanted = Math.max(1, Math.round(TOP_SHARE * values.length));
  const top = Float32Array.from(values).sort().subarray(-wanted);
  return top.reduce((sum, value) => sum + value, 0) / wanted;
}

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Sample standard deviation; of images that are all alike, what float32 can tell. */
function deviationOf(values: readonly number[], mean: number): number {
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.max(Math.sqrt(squares / Math.max(1, values.length - 1)), 1e-5 * Math.abs(mean), 1e-6);
}
