import type { FeatureLayer, MemoryBank } from '@cflow/model';
import type { FeatureSource } from '../features/feature-source.js';
import { type FitBanksOptions, fitBanks } from './fit-banks.js';
import { type LeftOutOptions, leftOutDistances } from './left-out-distances.js';
import type { SampledPlaces } from './sample-places.js';

export interface CrossFittedOptions extends FitBanksOptions, Pick<LeftOutOptions, 'imageSize' | 'tileSize'> {
  layers: readonly FeatureLayer[];
  features: FeatureSource;
  /** By their place in the feature source. */
  images: readonly number[];
  onProgress: (done: number) => void;
}

/** Parts that are left out in turn, at most. */
const FOLDS = 8;

/** Which part an image is left out with. */
export function foldOf(images: number): (index: number) => number {
  const folds = Math.min(FOLDS, images);
  return (index) => index % folds;
}

/**
 * Distance of each place of each image to a memory, and in coordinates, that the image took no part in: of all images but
 * the eighth that it belongs to.
 *
 * @returns per bank [images, positions]
 */
export async function crossFittedDistances(
  options: CrossFittedOptions,
): Promise<Map<MemoryBank['name'], Float32Array>> {
  const { images, sampled } = options;
  const fold = foldOf(images.length);
  const parts = new Set([...images.keys()].map(fold));
  const all = new Map(
    sampled.map(({ bank }) => [bank.name, new Float32Array(images.length * bank.height * bank.width)]),
  );
  let done = 0;
  for (const part of parts) {
    const members = [...images.keys()].filter((index) => fold(index) === part);
    const others = sampled.map((places) => without(places, (owner) => fold(owner) === part));
    const fitted = await fitBanks({ ...options, sampled: others });
    const distances = await leftOutDistances({ ...options, ...fitted, members, onProgress: () => undefined });
    for (const { bank } of sampled) {
      const positions = bank.height * bank.width;
      const found = distances.get(bank.name) as Float32Array;
      members.forEach((index, i) => {
        all.get(bank.name)?.set(found.subarray(i * positions, (i + 1) * positions), index * positions);
      });
    }
    done += members.length;
    options.onProgress(done);
  }
  return all;
}

function without(places: SampledPlaces, left: (owner: number) => boolean): SampledPlaces {
  const { channels } = places;
  const kept = [...places.owners.keys()].filter((row) => !left(places.owners[row]!));
  const rows = new Float32Array(kept.length * channels);
  kept.forEach((row, i) => {
    rows.set(places.rows.subarray(row * channels, (row + 1) * channels), i * channels);
  });
  return { ...places, rows, owners: Int32Array.from(kept, (row) => places.owners[row]!) };
}
