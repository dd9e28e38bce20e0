import { Graph, op, type Tensor, type Value } from '@cflow/onnx';
import type { FeatureLayer } from '../backbones/index.js';
import { centeredInterpolationMatrix } from '../scoring/interpolation.js';
import { placesWithin, REGION, withinRegion } from '../scoring/region-map.js';
import { upsample } from '../scoring/upsample.js';
import { imageDistance, imageStatistic } from './image-features.js';
import { imageLayers, type MemoryBank, memoryBanks, scoredStatistics } from './memory-banks.js';
import {
  bankTensorName,
  constantsOf,
  SCORE_DEVIATIONS,
  SCORE_MEANS,
  type TakeConstant,
} from './memory-tensors.js';
import { bankCoordinates, nearestDistance, neighborhoodMeans } from './place-features.js';
import { placesAtOnce, type ScoreWindows, scoreWindows } from './score-windows.js';
import { topShareMean } from './top-share.js';

export interface MemoryHeadOptions {
  layers: readonly FeatureLayer[];
  /** [height, width] of the anomaly map. */
  imageSize: readonly [number, number];
  /** By the names of `memory-tensors.ts`, float32 or float16; computed in float32 either way. */
  parameters: ReadonlyMap<string, Tensor>;
  /** [height, width] of the tiles that the picture is looked at in. Left out: it is looked at as a whole. */
  tileSize?: readonly [number, number] | undefined;
}

/** Share of the places, the most anomalous ones, that the score takes the mean of. */
export const TOP_SHARE = 0.05;

/**
 * What turns features into scores by comparing them with those of good images.
 *
 * Inputs: one per layer, float32 [batch, C, h, w]. Outputs: `anomaly_map` [batch, height, width], in deviations of good
 * images at the same place, and `score` [batch].
 *
 * @throws WeightsError for a parameter that is missing or of another shape
 */
export function memoryHeadGraph({ layers, imageSize, parameters, tileSize }: MemoryHeadOptions): Graph {
  const graph = new Graph('head');
  const take = constantsOf(graph, parameters);
  const region = parameters.get(REGION);
  const inputs = new Map(
    layers.map(({ name, channels, height, width }): [string, Value] => [
      name,
      graph.input(name, 'float32', ['batch', channels, height, width]),
    ]),
  );
  const means = new Map(
    [...inputs].map(([name, map]): [string, Value] => [
      name,
      graph.scope(name, () => neighborhoodMeans(map)),
    ]),
  );
  const maps = memoryBanks(layers).map((bank) => ({
    bank,
    map: graph.scope(bank.name, () =>
      standardizedDistance(bank, means, take, placesAtOnce(bank, imageSize, tileSize)),
    ),
  }));
  const scored = maps.filter(({ bank }) => bank.scored).map(({ map }) => map);
  const evidence = graph.scope('score', () => [
    topOfPlaces(
      scored.reduce((left, right) => op.Add(left, right)),
      countedPlaces(memoryBanks(layers)[0] as MemoryBank, { imageSize, region, tileSize }),
    ),
    ...scoredStatistics(tileSize).map((statistic) => {
      const seen = imageLayers(layers).map(({ name }) => inputs.get(name) as Value);
      return imageDistance(statistic, imageStatistic(statistic, seen), take);
    }),
  ]);
  graph.output(
    'anomaly_map',
    graph.scope('map', () => memoryMap(maps, imageSize, region)),
  );
  graph.output(
    'score',
    graph.scope('score', () => addedUp(evidence, take)),
  );
  return graph;
}

/**
 * The anomaly map: the maps of all banks, [batch, positions] each, upsampled and added up.
 * @param region uint8 [1, height, width], where not all of the image counts
 * @returns [batch, height, width]
 */
export function memoryMap(
  maps: readonly { bank: MemoryBank; map: Value }[],
  imageSize: readonly [height: number, width: number],
  region?: Tensor,
): Value {
  const map = maps
    .map(({ bank: { height, width }, map }) => {
      const grid = op.Reshape(map, [map.shape[0] as string, height, width]);
      return upsample(grid, imageSize, centeredInterpolationMatrix);
    })
    .reduce((left, right) => op.Add(left, right));
  return region ? withinRegion(map, region) : map;
}

/** The mean of the most anomalous places of [batch, positions]; of windows the highest. */
function topOfPlaces(map: Value, counted: ScoreWindows | undefined): Value {
  if (!counted) return topShareMean(map, TOP_SHARE);
  const { graph } = map;
  const { count, size, places: data } = counted;
  const places = graph.constant({ type: 'int32', dims: [data.length], data }, 'counted');
  const values = op.Gather(map, places, 1);
  if (count === 1) return topShareMean(values, TOP_SHARE);
  const [batch] = map.shape as [string];
  return op.ReduceMax(topShareMean(op.Reshape(values, [batch, count, size]), TOP_SHARE), [1]);
}

/** The places whose values a score is made of: all of them where undefined, else one window or several. */
export function countedPlaces(
  bank: Pick<MemoryBank, 'height' | 'width'>,
  {
    imageSize,
    region,
    tileSize,
  }: Pick<MemoryHeadOptions, 'imageSize' | 'tileSize'> & { region?: Tensor | undefined },
): ScoreWindows | undefined {
  const inside = region && placesWithin(region, bank.height, bank.width);
  if (tileSize) return scoreWindows(bank, imageSize, tileSize, inside);
  return inside && { count: 1, size: inside.length, places: inside };
}

/** Distances in deviations of what is usual at each place, [batch, positions]. */
function standardizedDistance(
  bank: MemoryBank,
  means: ReadonlyMap<string, Value>,
  take: TakeConstant,
  atOnce: number | undefined,
): Value {
  const positions = bank.height * bank.width;
  const coordinates = bankCoordinates(bank, means, take);
  const rows = take(bankTensorName(bank.name, 'rows'), [undefined, coordinates.shape[2] as number]);
  const distance = nearestDistance(coordinates, rows, { atOnce });
  const usual = take(bankTensorName(bank.name, 'usual'), [1, positions]);
  return op.Div(op.Sub(distance, usual), take(bankTensorName(bank.name, 'spread'), [1, positions]));
}

/** The sum of all evidence, each in deviations of good images. */
function addedUp(evidence: readonly Value[], take: TakeConstant): Value {
  const [batch] = (evidence[0] as Value).shape as [string];
  const joined = op.Concat(
    evidence.map((each) => op.Reshape(each, [batch, 1])),
    1,
  );
  const centered = op.Sub(joined, take(SCORE_MEANS, [evidence.length]));
  return op.ReduceSum(op.Div(centered, take(SCORE_DEVIATIONS, [evidence.length])), [1]);
}
