import { ConfigurationError } from '@cflow/spec';
import type { FeatureLayer } from '../backbones/index.js';

/** One memory of what good places look like: which layers a place is described by, and on which grid. */
export interface MemoryBank {
  name: 'context' | 'middle' | 'fine';
  /** Layers, the one whose grid is kept first. Coarser ones are interpolated to it. */
  layers: readonly FeatureLayer[];
  height: number;
  width: number;
  /** Directions of the features that are kept, at most. */
  components: number;
  /**
   * How much directions are evened out: a direction of variance v is scaled by v to minus this. 1/2: all directions count
   * alike (whitened, distances are Mahalanobis'); 0: as they come.
   */
  whitening: number;
  /** Whether the image's score sees this bank, or the map alone. */
  scored: boolean;
}

/**
 * The memories that a detector with these layers has, from three layers, shallow to deep:
 * - `context`: the two deepest together, whitened. What belongs together is seen: a part that is right by itself in a place
 *   where it is not.
 * - `middle`: the second deepest alone, half whitened. It sees texture, and is not drowned by the deepest.
 * - `fine`: the third deepest with the second. It makes the map sharper, and the score worse, so it takes part in the map.
 *
 * With two layers there is no `fine`, with one `context` alone.
 */
export function memoryBanks(layers: readonly FeatureLayer[]): MemoryBank[] {
  const [deepest, second, third] = [...layers].reverse();
  if (!deepest) throw new ConfigurationError('a memory needs the features of at least one layer, got none');
  const on = (grid: FeatureLayer): Pick<MemoryBank, 'height' | 'width'> => ({
    height: grid.height,
    width: grid.width,
  });
  if (!second) {
    const own = {
      name: 'context',
      layers: [deepest],
      components: 128,
      whitening: 0.5,
      scored: true,
    } as const;
    return [{ ...own, ...on(deepest) }];
  }
  const banks: MemoryBank[] = [
    {
      name: 'context',
      layers: [second, deepest],
      components: 128,
      whitening: 0.5,
      scored: true,
      ...on(second),
    },
    { name: 'middle', layers: [second], components: 96, whitening: 0.25, scored: true, ...on(second) },
  ];
  if (third) {
    banks.push({
      name: 'fine',
      layers: [third, second],
      components: 96,
      whitening: 0.25,
      scored: false,
      ...on(third),
    });
  }
  return banks;
}

/** Channels of all layers of a bank. */
export const channelsOf = ({ layers }: Pick<MemoryBank, 'layers'>): number =>
  layers.reduce((sum, { channels }) => sum + channels, 0);

/** Numbers of a whole image that its score looks at, beside its places. */
export const IMAGE_STATISTICS = ['extremes', 'quarter-extremes', 'quarter-means'] as const;
export type ImageStatistic = (typeof IMAGE_STATISTICS)[number];

/**
 * The statistics that a score sees: none where pictures are looked at in tiles. What a large picture is as a whole varies with
 * much that is no defect: on photographs of 512 x 1280 it cost 0.04 in image AUROC.
 */
export const scoredStatistics = (
  tileSize: readonly [number, number] | undefined,
): readonly ImageStatistic[] => (tileSize ? [] : IMAGE_STATISTICS);

/** The layers that a whole image is described by: the two deepest. */
export const imageLayers = (layers: readonly FeatureLayer[]): readonly FeatureLayer[] => layers.slice(-2);

/** How many numbers of each channel describe an image. */
export const STATISTIC_PARTS: Readonly<Record<ImageStatistic, number>> = {
  extremes: 2,
  'quarter-extremes': 8,
  'quarter-means': 4,
};

/** How many numbers describe an image. */
export function statisticLength(statistic: ImageStatistic, layers: readonly FeatureLayer[]): number {
  return STATISTIC_PARTS[statistic] * channelsOf({ layers: imageLayers(layers) });
}
