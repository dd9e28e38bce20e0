import { ConfigurationError } from '@cflow/spec';
import { DEFECT_KINDS, DEFECTS, type DefectKind } from './defects/kinds.js';
import { MATERIALS, type MaterialName } from './materials/names.js';
import type { SampleRequest } from './sample-request.js';

/** Least and largest width and height of a rendered image, pixels. */
export const MIN_SIZE = 32;
export const MAX_SIZE = 2048;

/** @throws ConfigurationError that says what is wrong and what is possible */
export function checkRequest({ material, defect, seed, width, height }: SampleRequest): void {
  checkMaterial(material);
  if (defect !== undefined) checkDefect(material, defect);
  checkSeed(seed);
  checkSide('width', width);
  checkSide('height', height);
}

/** @throws ConfigurationError unless it is one of {@link MATERIALS} */
export function checkMaterial(material: MaterialName): void {
  if (MATERIALS.includes(material)) return;
  throw new ConfigurationError(`unknown material "${material}"; known: ${MATERIALS.join(', ')}`, {
    details: { material, known: MATERIALS },
  });
}

/** @throws ConfigurationError unless the material can have the defect */
export function checkDefect(material: MaterialName, defect: DefectKind): void {
  const known = DEFECTS[material];
  if (known.includes(defect)) return;
  const what = DEFECT_KINDS.includes(defect)
    ? `${material} has no defect "${defect}"`
    : `Unknown defect "${defect}"`;
  throw new ConfigurationError(`${what}. Defects of ${material}: ${known.join(', ')}.`, {
    details: { material, defect, known },
  });
}

/** @throws ConfigurationError unless it is a whole number of 32 bits */
export function checkSeed(seed: number): void {
  checkInteger('seed', seed, 0, 0xffffffff);
}

/** @throws ConfigurationError unless it is a whole number from {@link MIN_SIZE} to {@link MAX_SIZE} */
export function checkSide(name: 'width' | 'height', pixels: number): void {
  checkInteger(name, pixels, MIN_SIZE, MAX_SIZE);
}

/** @throws ConfigurationError unless `value` is a whole number from `least` to `most` */
export function checkInteger(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new ConfigurationError(`${name} must be a whole number from ${least} to ${most}; got ${value}.`, {
    details: { name, value, least, most },
  });
}
