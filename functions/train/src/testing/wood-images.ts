import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { planDataSet } from '@cflow/synth';
import sharp from 'sharp';

/** Renders small pictures of wood, 64 x 64, into `<folder>/wood/train/good`. Gives that of the data set. */
export async function woodImages(folder: string, train: number): Promise<string> {
  const plan = planDataSet({
    materials: ['wood'],
    trainCount: train,
    testGoodCount: 0,
    perDefectCount: 0,
    size: { width: 64, height: 64 },
    seed: 0,
  });
  for (const { path, render } of plan) {
    const { data, width, height } = render().image;
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await sharp(data, { raw: { width, height, channels: 3 } })
      .png()
      .toFile(file);
  }
  return join(folder, 'wood');
}
