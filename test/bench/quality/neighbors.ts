// Nearest neighbors, written for comparisons alone: what a user would pick instead, in its plainest form. All places of
// good images, or as many drawn at random as are allowed, and the distance to the nearest of them.

import { evenlySpaced } from '@cflow/images';
import { type FeatureLayer, randomPermutation, randomStream } from '@cflow/model';
import { type Tensor, writeModel } from '@cflow/onnx';
import type { Session } from '@cflow/runtime';
import { createNodeRuntime } from '@cflow/runtime/node';
import type { CellTask } from '../../../packages/cli/src/commands/benchmark/cell.js';
import {
  medianSeconds,
  TIMED_IMAGES,
} from '../../../packages/cli/src/commands/benchmark/measure-detector.js';
import type { CategoryFeatures } from './category-features.js';
import { joinedRowsGraph, nearestGraph, type Rows, type Standard } from './neighbor-graphs.js';
import type { PeerScores, ScoredImage } from './peer-result.js';

/** Rows that are kept at most. */
export const MOST_ROWS = 24_000;
const BATCH = 8;

/** Scores of the images to calibrate and to test on, by the nearest of the rows of the images to train on. */
export async function nearestNeighbors(
  { cell, threads, signal }: CellTask,
  data: CategoryFeatures,
  layers: readonly FeatureLayer[],
  mostRows: number = MOST_ROWS,
): Promise<PeerScores> {
  const { backbone, train, calibration, test } = data;
  const runtime = createNodeRuntime({ device: 'cpu', threads });
  try {
    const started = performance.now();
    const joined = await runtime.createSession({ model: writeModel(joinedRowsGraph(layers)) });
    const rows = await drawnRows(joined, data, layers, { seed: cell.seed, mostRows, signal });
    await joined.dispose();
    const standard = standardize(rows);
    const graph = nearestGraph(layers, rows, standard, backbone.inputSize);
    const nearest = await runtime.createSession({ model: writeModel(graph) });
    const trainingSeconds = (performance.now() - started) / 1000;
    const score = (place: number): Promise<ScoredImage> => scoreOf(nearest, data, layers, place);
    const inOrder = async (places: readonly number[]): Promise<ScoredImage[]> => {
      const found: ScoredImage[] = [];
      for (const place of places) {
        signal.throwIfAborted();
        found.push(await score(place));
      }
      return found;
    };
    const places = test.map(({ place }) => place);
    return {
      calibration: await inOrder(calibration),
      test: await inOrder(places),
      trainingSeconds,
      scoringSeconds: await medianSeconds(score, evenlySpaced(places, TIMED_IMAGES), signal),
      bytes: rows.data.byteLength,
      configuration: { rows: rows.count, of: train.length * placesOf(layers), layers: namesOf(layers) },
    };
  } finally {
    await runtime.dispose();
  }
}

const placesOf = ([first]: readonly FeatureLayer[]): number =>
  (first as FeatureLayer).height * (first as FeatureLayer).width;
const namesOf = (layers: readonly FeatureLayer[]): string[] => layers.map(({ name }) => name);

/** Joined rows of all images to train on, or a share of them, drawn at random (seeded). */
async function drawnRows(
  session: Session,
  data: CategoryFeatures,
  layers: readonly FeatureLayer[],
  { seed, mostRows, signal }: { seed: number; mostRows: number; signal: AbortSignal },
): Promise<Rows> {
  const { train } = data;
  const perImage = placesOf(layers);
  const total = train.length * perImage;
  const channels = layers.reduce((sum, layer) => sum + layer.channels, 0);
  const count = Math.min(total, mostRows);
  const drawn = randomPermutation(randomStream(seed, 'neighbors'), total).slice(0, count).sort();
  const kept = new Float32Array(count * channels);
  let next = 0;
  for (let start = 0; start < train.length; start += BATCH) {
    signal.throwIfAborted();
    const places = train.slice(start, start + BATCH);
    const outputs = await session.run(await feeds(data, layers, places));
    const found = (outputs.rows as Tensor).data as Float32Array;
    const from = start * perImage;
    const until = from + places.length * perImage;
    for (; next < count && drawn[next]! < until; next++) {
      const at = (drawn[next]! - from) * channels;
      kept.set(found.subarray(at, at + channels), next * channels);
    }
  }
  return { count, channels, data: kept };
}

/** Brings each channel to mean 0 and deviation 1, in place, and says how. */
function standardize({ count, channels, data }: Rows): Standard {
  const mean = new Float64Array(channels);
  const squares = new Float64Array(channels);
  for (let i = 0; i < data.length; i++) mean[i % channels]! += data[i]! / count;
  for (let i = 0; i < data.length; i++)
    squares[i % channels]! += (data[i]! - mean[i % channels]!) ** 2 / count;
  // A channel that never moves says nothing, whatever its unit is.
  const deviation = Float32Array.from(squares, (square) => Math.sqrt(square) || 1);
  for (let i = 0; i < data.length; i++) data[i] = (data[i]! - mean[i % channels]!) / deviation[i % channels]!;
  return { mean: Float32Array.from(mean), deviation };
}

async function scoreOf(
  session: Session,
  data: CategoryFeatures,
  layers: readonly FeatureLayer[],
  place: number,
): Promise<ScoredImage> {
  const [height, width] = data.backbone.inputSize;
  const { map, score } = await session.run(await feeds(data, layers, [place]));
  return {
    score: ((score as Tensor).data as Float32Array)[0]!,
    map: { width, height, data: (map as Tensor).data as Float32Array },
  };
}

async function feeds(
  { backbone, features }: CategoryFeatures,
  layers: readonly FeatureLayer[],
  places: readonly number[],
): Promise<Record<string, Tensor>> {
  const given: Record<string, Tensor> = {};
  for (const { name, channels, height, width } of layers) {
    const index = backbone.layers.findIndex((layer) => layer.name === name);
    given[name] = {
      type: 'float32',
      dims: [places.length, height * width, channels],
      data: await features.read(index, places),
    };
  }
  return given;
}
