import type { FeatureLayer } from '@cflow/model';
import { randomPermutation, randomStream } from '@cflow/model';
import type { FiberBatches } from './fiber-batches.js';

/** Fiber batches that cover a grid of positions, so that the condition is computed once per row and per column. */
export interface FiberGrid {
  /** Rows of the map that a batch covers, with all their columns: a divisor of the map's height. */
  rows: number;
  /** How often it covers them, each time with fibers of other images. */
  groups: number;
}

/** The grid whose batches are nearest to the wanted size, of so many images. */
export function fiberGrid(
  { height, width }: Pick<FeatureLayer, 'height' | 'width'>,
  images: number,
  wantedSize: number,
): FiberGrid {
  const area = height * width;
  if (wantedSize >= area)
    return { rows: height, groups: Math.max(1, Math.min(images, Math.round(wantedSize / area))) };
  const distance = (rows: number): number => Math.abs(Math.log((rows * width) / wantedSize));
  const divisors = Array.from({ length: height }, (_, i) => i + 1).filter((rows) => height % rows === 0);
  return {
    rows: divisors.reduce((best, rows) => (distance(rows) < distance(best) ? rows : best)),
    groups: 1,
  };
}

/** How many batches `gridBatches` makes. */
export function gridSteps(images: number, { height }: Pick<FeatureLayer, 'height'>, grid: FiberGrid): number {
  return Math.floor(images / grid.groups) * (height / grid.rows);
}

/**
 * The fibers of a block of images as batches on a grid. Each position goes through the images in an order of its own, so
 * the fibers of a batch have nothing in common but that together they cover the grid evenly. No fiber is taken twice;
 * of images that do not fill the last group, which are others at each position, the fibers are left out.
 */
export function gridBatches(
  images: number,
  { height, width }: Pick<FeatureLayer, 'height' | 'width'>,
  { rows, groups }: FiberGrid,
  seed: number,
  stream: string,
): FiberBatches {
  const area = height * width;
  const size = rows * width * groups;
  const rounds = Math.floor(images / groups);
  const perRound = height / rows;
  const steps = rounds * perRound;
  const order = new Int32Array(steps * size);
  const mapRows = new Int32Array(steps * rows);
  const random = randomStream(seed, stream);
  const imageOrders = Array.from({ length: area }, () => randomPermutation(random, images));
  for (let round = 0; round < rounds; round++) {
    const rowOrder = randomPermutation(random, height);
    for (let part = 0; part < perRound; part++) {
      const step = round * perRound + part;
      const covered = rowOrder.subarray(part * rows, (part + 1) * rows);
      mapRows.set(covered, step * rows);
      let at = step * size;
      for (let group = 0; group < groups; group++) {
        for (const y of covered) {
          for (let x = 0; x < width; x++) {
            const position = y * width + x;
            const image = (imageOrders[position] as Int32Array)[round * groups + group]!;
            order[at++] = image * area + position;
          }
        }
      }
    }
  }
  return { size, steps, order, mapRows };
}
