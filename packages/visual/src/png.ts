import { writeFile } from 'node:fs/promises';
import { type Mask, type RgbImage, StorageError } from '@cflow/spec';
import sharp from 'sharp';
import { requireImage } from './resample.js';

/**
 * The image, or a mask as black and white, as a PNG file.
 *
 * @throws ImageError when the data are not of the size.
 */
export async function encodePng(image: RgbImage | Mask): Promise<Uint8Array> {
  const { width, height, data } = image;
  const channels = data.length === width * height * 3 ? 3 : 1;
  requireImage('image', image, channels);
  const pixels = channels === 3 ? data : data.map((value) => (value === 0 ? 0 : 255));
  const picture = sharp(pixels, { raw: { width, height, channels } });
  return new Uint8Array(await (channels === 3 ? picture : picture.toColourspace('b-w')).png().toBuffer());
}

/** Encodes and writes. @throws StorageError when the file cannot be written. */
export async function writePng(path: string, image: RgbImage | Mask): Promise<void> {
  await writeBytes(path, await encodePng(image));
}

/** @throws StorageError with the reason, when the file cannot be written. */
export async function writeBytes(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await writeFile(path, bytes);
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? '';
    const code = ['ENOSPC', 'EDQUOT'].includes(reason)
      ? 'storage-full'
      : ['EACCES', 'EPERM', 'EROFS'].includes(reason)
        ? 'permission'
        : 'store';
    throw new StorageError(code, `Could not write ${path}: ${(cause as Error).message}`, {
      cause,
      details: { path },
    });
  }
}
