import {
  bankCoordinates,
  bankTensorName,
  constantsOf,
  type FeatureLayer,
  type MemoryBank,
  memoryBanks,
  nearestDistance,
  neighborhoodMeans,
  placesAtOnce,
} from '@cflow/model';
import { float32, Graph, type Tensor, type Value, writeModel } from '@cflow/onnx';
import type { Runtime } from '@cflow/runtime';
import type { FeatureSource } from '../features/feature-source.js';
import { rowFeeds, rowInputs } from './sample-places.js';

export interface LeftOutOptions {
  runtime: Runtime;
  layers: readonly FeatureLayer[];
  features: FeatureSource;
  /** By their place in the feature source. */
  images: readonly number[];
  /** Which of them to compare, by their index in `images`. */
  members: readonly number[];
  /** Projections, offsets and rows of all banks. */
  parameters: ReadonlyMap<string, Tensor>;
  /** Per bank: which image each row of its memory is from, by its index in `images`. */
  owners: ReadonlyMap<MemoryBank['name'], Int32Array>;
  /** [height, width] in pixels of pictures. */
  imageSize: readonly [number, number];
  /** [height, width] in pixels of the tiles that they are looked at in, where they are. */
  tileSize?: readonly [number, number] | undefined;
  signal: AbortSignal;
  onProgress: (done: number) => void;
}

const BATCH = 2;

/** Taken off what speaks for a row of the image itself; no distance is as large. */
const OWN_ROW = 1e9;

/**
 * Distance of each place of each image to the nearest row of a memory that is not of the image itself: what an image that
 * the memory has not seen would give.
 *
 * @returns per bank [members, positions]
 */
export async function leftOutDistances(
  options: LeftOutOptions,
): Promise<Map<MemoryBank['name'], Float32Array>> {
  const { runtime, layers, features, images, members, owners, signal } = options;
  const banks = memoryBanks(layers);
  const session = await runtime.createSession({ model: writeModel(leftOutGraph(options)) });
  const found = new Map(
    banks.map(({ name, height, width }) => [name, new Float32Array(members.length * height * width)]),
  );
  try {
    for (let start = 0; start < members.length; start += BATCH) {
      const batch = members.slice(start, start + BATCH);
      const places = batch.map((index) => images[index]!);
      const feeds = await rowFeeds(features, layers, places);
      for (const { name } of banks) {
        const own = owners.get(name) as Int32Array;
        const handicap = new Float32Array(batch.length * own.length);
        own.forEach((owner, row) => {
          const i = batch.indexOf(owner);
          if (i >= 0) handicap[i * own.length + row] = OWN_ROW;
        });
        feeds[`handicap.${name}`] = float32([batch.length, 1, own.length], handicap);
      }
      const outputs = await session.run(feeds, { signal, consumeFeeds: true });
      for (const { name, height, width } of banks) {
        const distances = (outputs[`distance.${name}`] as Tensor).data as Float32Array;
        found.get(name)?.set(distances, start * height * width);
      }
      options.onProgress(Math.min(start + BATCH, members.length));
    }
  } finally {
    await session.dispose();
  }
  return found;
}

function leftOutGraph({
  layers,
  parameters,
  imageSize,
  tileSize,
}: Pick<LeftOutOptions, 'layers' | 'parameters' | 'imageSize' | 'tileSize'>): Graph {
  const graph = new Graph('left-out');
  const take = constantsOf(graph, parameters);
  const maps = rowInputs(graph, layers);
  const means = new Map([...maps].map(([name, map]): [string, Value] => [name, neighborhoodMeans(map)]));
  for (const bank of memoryBanks(layers)) {
    const coordinates = bankCoordinates(bank, means, take);
    const rows = take(bankTensorName(bank.name, 'rows'), [undefined, coordinates.shape[2] as number]);
    const handicap = graph.input(`handicap.${bank.name}`, 'float32', ['batch', 1, rows.shape[0] as number]);
    const atOnce = placesAtOnce(bank, imageSize, tileSize);
    graph.output(`distance.${bank.name}`, nearestDistance(coordinates, rows, { handicap, atOnce }));
  }
  return graph;
}
