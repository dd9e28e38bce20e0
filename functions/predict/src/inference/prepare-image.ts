import { resizeBilinear, resizeMask, resizeToPlanar } from '@cflow/images';
import type { RgbImage } from '@cflow/spec';
import type { ImageCodecs, PreparedImage, PrepareTask } from './image-work.js';

/** @throws ImageError when image or mask cannot be decoded or are beyond the limits */
export async function prepareImage(task: PrepareTask, codecs: ImageCodecs): Promise<PreparedImage> {
  const { sizes, pictureSide } = task;
  const image = 'pixels' in task.image ? task.image.pixels : await codecs.decodeImage(task.image.encoded);
  const planes = sizes.map(([height, width]) => resizeToPlanar(image, width, height));
  const mask = task.ignore && (await codecs.decodeMask(task.ignore));
  return {
    width: image.width,
    height: image.height,
    planes,
    ...(mask && { ignore: sizes.map(([height, width]) => resizeMask(mask, width, height)) }),
    ...(pictureSide !== undefined && { picture: fit(image, pictureSide) }),
  };
}

function fit(image: RgbImage, side: number): RgbImage {
  const scale = Math.min(1, side / Math.max(image.width, image.height));
  const length = (pixels: number): number => Math.max(1, Math.round(pixels * scale));
  return resizeBilinear(image, length(image.width), length(image.height));
}
