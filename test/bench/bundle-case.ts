import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFolderBundle } from '@cflow/detector/node';
import { type MakeBundleOptions, makeBundle, testImage } from '@cflow/detector/testing';
import sharp from 'sharp';

/** A bundle in a folder, with a network of random weights at 256x256, and images for it as files. */
export interface BundleCase {
  bundle: string;
  images: readonly string[];
}

export async function bundleCase(
  folder: string,
  options: MakeBundleOptions,
  imageCount: number,
): Promise<BundleCase> {
  const bundle = join(folder, `${options.backbone}-${options.precision}.cflow`);
  await writeFolderBundle(bundle, await makeBundle(options));
  const images: string[] = [];
  for (let index = 0; index < imageCount; index++) {
    const { data, width, height } = testImage(index, 256, 256);
    const file = join(folder, `image-${index}.png`);
    await writeFile(
      file,
      await sharp(data, { raw: { width, height, channels: 3 } })
        .png()
        .toBuffer(),
    );
    images.push(file);
  }
  return { bundle, images };
}
