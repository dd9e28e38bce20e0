import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { openDataSet } from '@cflow/images/node';
import type { DataSet } from '@cflow/spec';
import { planDataSet } from '@cflow/synth';
import sharp from 'sharp';

export interface SynthOptions {
  /** Good images to train on. */
  train: number;
  /** Good test images. Default 0. */
  testGood?: number;
  /** Bad test images of each of wood's four defects. Default 0. */
  perDefect?: number;
  /** Default 64 x 64. */
  size?: { width: number; height: number };
}

/** Renders a small data set of wood into a folder, in MVTec AD's layout. */
export async function renderDataSet(folder: string, options: SynthOptions): Promise<DataSet> {
  const { train, testGood = 0, perDefect = 0, size = { width: 64, height: 64 } } = options;
  const plan = planDataSet({
    materials: ['wood'],
    trainCount: train,
    testGoodCount: testGood,
    perDefectCount: perDefect,
    size,
    seed: 0,
  });
  for (const { path, maskPath, render } of plan) {
    const { image, mask } = render();
    await writePng(join(folder, path), image, 3);
    if (maskPath !== undefined) await writePng(join(folder, maskPath), mask, 1);
  }
  return openDataSet(join(folder, 'wood'));
}

async function writePng(
  path: string,
  { data, width, height }: { data: Uint8Array; width: number; height: number },
  channels: 1 | 3,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await sharp(data, { raw: { width, height, channels } }).png().toFile(path);
}
