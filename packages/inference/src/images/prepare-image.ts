import {
  checkIgnoreMask,
  drawOnCanvas,
  fillPlanes,
  fittedSize,
  type RangeOptions,
  regionFill,
  resizeBilinear,
  resizeMask,
} from '@cflow/images';
import type { RgbImage } from '@cflow/spec';
import type { InputImage, PlanarImage } from '../inference.js';
import type { ImageCodecs, PreparedImage, PrepareTask } from './image-work.js';

/**
 * The first half of the work on pixels: decodes one image and its mask, and brings them to the size of each detector asked for.
 * @throws ImageError when image or mask cannot be decoded or are beyond the limits, or when the mask does not say what to ignore
 */
export async function prepareImage(task: PrepareTask, codecs: ImageCodecs): Promise<PreparedImage> {
  const { inputs, pictureSide } = task;
  // Decoded once for each range: nearly always once.
  const decoded = new Map<string, RgbImage>();
  const images: RgbImage[] = [];
  for (const { range, outOfRange } of inputs) {
    const key = JSON.stringify([range, outOfRange]);
    const image = decoded.get(key) ?? (await pixelsOf(task.image, { range, outOfRange }, codecs));
    decoded.set(key, image);
    images.push(image);
  }
  const [image] = images as [RgbImage];
  const planes = inputs.map((input, i) => {
    const drawn = drawOnCanvas(images[i] as RgbImage, input);
    if (input.region) fillPlanes(drawn, regionFill(input.region));
    return drawn;
  });
  const mask = task.ignore && (await codecs.decodeMask(task.ignore));
  if (mask) checkIgnoreMask(mask, image);
  return {
    width: image.width,
    height: image.height,
    planes,
    warnings: images.map(({ warnings }) => warnings),
    ...(mask && {
      ignore: inputs.map((input) => {
        const { width, height } = fittedSize(image, input);
        return resizeMask(mask, width, height);
      }),
    }),
    ...(pictureSide !== undefined && { picture: fit(image, pictureSide) }),
  };
}

async function pixelsOf(image: InputImage, range: RangeOptions, codecs: ImageCodecs): Promise<RgbImage> {
  if ('pixels' in image) return image.pixels;
  return 'planes' in image ? interleaved(image.planes) : codecs.decodeImage(image.encoded, range);
}

function interleaved({ width, height, data: planes }: PlanarImage): RgbImage {
  const plane = width * height;
  const data = new Uint8Array(3 * plane);
  for (let i = 0, to = 0; i < plane; i++, to += 3) {
    data[to] = planes[i]!;
    data[to + 1] = planes[plane + i]!;
    data[to + 2] = planes[2 * plane + i]!;
  }
  return { width, height, data };
}

function fit(image: RgbImage, side: number): RgbImage {
  const scale = Math.min(1, side / Math.max(image.width, image.height));
  const length = (pixels: number): number => Math.max(1, Math.round(pixels * scale));
  return resizeBilinear(image, length(image.width), length(image.height));
}
