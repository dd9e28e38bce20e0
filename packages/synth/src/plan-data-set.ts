import { ConfigurationError } from '@cflow/spec';
import { checkInteger, checkMaterial, checkSeed, checkSide } from './check-request.js';
import { DEFECTS, type DefectKind } from './defects/kinds.js';
import type { MaterialName } from './materials/names.js';
import { deriveSeed } from './random.js';
import { renderSample, type Sample } from './render-sample.js';

/** Most images in one folder of a planned data set. */
export const MAX_COUNT = 10_000;

export interface DataSetPlanRequest {
  /** At least one; a material named twice counts once. */
  materials: readonly MaterialName[];
  /** Good images for training, per material. */
  trainCount: number;
  /** Good images for testing, per material. */
  testGoodCount: number;
  /** Bad images for testing, per material and kind of defect. */
  perDefectCount: number;
  /** Pixels: the side of a square, or width and height. */
  size: number | { readonly width: number; readonly height: number };
  /** Whole number from 0 to 2^32 - 1. */
  seed: number;
}

/** One image that is still to be rendered, and where it belongs. */
export interface PlannedSample {
  /** Relative to the data set's root, `/` as separator: `wood/train/good/000.png`. */
  path: string;
  /** Only for defects: `wood/ground_truth/crack/000_mask.png`. */
  maskPath?: string;
  material: MaterialName;
  split: 'train' | 'test';
  /** Left out: a good specimen. */
  defect?: DefectKind;
  /** Seed of this sample. */
  seed: number;
  render(): Sample;
}

/**
 * Lists the images of a data set in MVTec AD's layout, one data set per material; nothing is rendered yet.
 *
 * A sample depends on the seed, its folder and its number alone: larger counts add images and change none.
 * @throws ConfigurationError for no or unknown materials, and counts, sizes or seeds out of range
 */
export function planDataSet(request: DataSetPlanRequest): PlannedSample[] {
  const { materials, trainCount, testGoodCount, perDefectCount, size, seed } = request;
  const { width, height } = typeof size === 'number' ? { width: size, height: size } : size;
  if (materials.length === 0)
    throw new ConfigurationError('A data set needs at least one material; got none.');
  for (const material of materials) checkMaterial(material);
  for (const [name, count] of Object.entries({ trainCount, testGoodCount, perDefectCount })) {
    checkInteger(name, count, 0, MAX_COUNT);
  }
  checkSide('width', width);
  checkSide('height', height);
  checkSeed(seed);

  const samples: PlannedSample[] = [];
  const add = (
    material: MaterialName,
    split: 'train' | 'test',
    defect: DefectKind | undefined,
    count: number,
  ): void => {
    const folder = defect ?? 'good';
    const digits = Math.max(3, `${count - 1}`.length);
    for (let number = 0; number < count; number++) {
      const name = `${number}`.padStart(digits, '0');
      const sampleSeed = deriveSeed(seed, material, split, folder, number);
      samples.push({
        path: `${material}/${split}/${folder}/${name}.png`,
        ...(defect === undefined
          ? {}
          : { maskPath: `${material}/ground_truth/${defect}/${name}_mask.png`, defect }),
        material,
        split,
        seed: sampleSeed,
        render: () => renderSample({ material, defect, seed: sampleSeed, width, height }),
      });
    }
  };
  for (const material of new Set(materials)) {
    add(material, 'train', undefined, trainCount);
    add(material, 'test', undefined, testGoodCount);
    for (const defect of DEFECTS[material]) add(material, 'test', defect, perDefectCount);
  }
  return samples;
}
