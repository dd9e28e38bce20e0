import { makeBundle, testImage } from '@cflow/detector/testing';
import sharp from 'sharp';

/** What is whole and right, for attacks to begin with. */
export interface Samples {
  png: Uint8Array;
  /** The files of a detector called wood, by name. */
  bundle: ReadonlyMap<string, Uint8Array>;
}

export async function makeSamples(): Promise<Samples> {
  const { data, width, height } = testImage(1);
  const png = await sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
  return { png, bundle: await makeBundle({ name: 'wood' }) };
}
