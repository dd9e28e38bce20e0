import { planDataSet } from '@cflow/synth';
import sharp from 'sharp';
import { ZipFile } from 'yazl';

/** A ZIP of small pictures of wood in the layout of MVTec AD: 64 x 64, good ones to train on. */
export async function woodArchive(train: number, seed = 0): Promise<Uint8Array> {
  const zip = new ZipFile();
  const plan = planDataSet({
    materials: ['wood'],
    trainCount: train,
    testGoodCount: 2,
    perDefectCount: 1,
    size: { width: 64, height: 64 },
    seed,
  });
  for (const { path, render } of plan) {
    const { data, width, height } = render().image;
    zip.addBuffer(
      await sharp(data, { raw: { width, height, channels: 3 } })
        .png()
        .toBuffer(),
      path,
    );
  }
  zip.end();
  const chunks: Buffer[] = [];
  for await (const chunk of zip.outputStream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
