import { checkIgnoreMask, resizeBilinear, resizeMask, resizeToPlanar } from '@cflow/images';
import type { RgbImage } from '@cflow/spec';
import type { ImageCodecs, PreparedImage, PrepareTask } from './image-work.js';
import type { InputImage, PlanarImage } from './inference.js';

/** @throws ImageError when image or mask cannot be decoded or are beyond the limits, or when the mask does not say what to ignore */
export async function prepareImage(task: PrepareTask, codecs: ImageCodecs): Promise<PreparedImage> {
  const { sizes, pictureSide } = task;
  const image = await pixelsOf(task.image, codecs);
  const planes = sizes.map(([height, width]) => resizeToPlanar(image, width, height));
  const mask = task.ignore && (await codecs.decodeMask(task.ignore));
  if (mask) checkIgnoreMask(mask, image);
  return {
    width: image.width,
    height: image.height,
    planes,
    ...(mask && { ignore: sizes.map(([height, width]) => resizeMask(mask, width, height)) }),
    ...(pictureSide !== undefined && { picture: fit(image, pictureSide) }),
  };
}

async function pixelsOf(image: InputImage, codecs: ImageCodecs): Promise<RgbImage> {
  if ('pixels' in image) return image.pixels;
  return 'planes' in image ? interleaved(image.planes) : codecs.decodeImage(image.encoded);
}

function interleaved({ width, height, data: planes }: PlanarImage): RgbImage {
  const plane = width * height;
  const data = new Uint8Array(3 * plane);
  for (let i = 0, to = 0; i < plane; i++, to += 3) {
    data[to] = planes[i] as number;
    data[to + 1] = planes[plane + i] as number;
    data[to + 2] = planes[2 * plane + i] as number;
  }
  return { width, height, data };
}

function fit(image: RgbImage, side: number): RgbImage {
  const scale = Math.min(1, side / Math.max(image.width, image.height));
  const length = (pixels: number): number => Math.max(1, Math.round(pixels * scale));
  return resizeBilinear(image, length(image.width), length(image.height));
}
