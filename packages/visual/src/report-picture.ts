import type { Mask, RgbImage, ScalarMap } from '@cflow/spec';
import sharp from 'sharp';
import type { AnomalyScale } from './anomaly-scale.js';
import { maskContours } from './contours.js';
import { drawContours } from './draw.js';
import { markAnomalies } from './mark-anomalies.js';
import type { GalleryItem, ReportPicture } from './report/report-data.js';
import { requireImage, resizeImage } from './resample.js';

/** Longest side of a picture in the report, in pixels: sharp on a dense display at the size it is shown, and enough to be enlarged. */
const PICTURE_SIZE = 512;

/**
 * The image as a small WebP picture for the report.
 *
 * @param maxSize Longest side in pixels; smaller images stay as they are. Default 512.
 */
export async function encodeReportPicture(
  image: RgbImage,
  maxSize: number = PICTURE_SIZE,
): Promise<ReportPicture> {
  requireImage('image', image, 3);
  const { width, height, data } = fit(image, maxSize);
  const bytes = await sharp(data, { raw: { width, height, channels: 3 } })
    .webp({ quality: 82 })
    .toBuffer();
  return { type: 'image/webp', bytes: new Uint8Array(bytes), width, height };
}

/** What is known of an image that a gallery is to show. */
export interface GallerySource extends Omit<GalleryItem, 'image' | 'overlay'> {
  image: RgbImage;
  map: ScalarMap;
  /** Ground truth, of any size. Its outline is drawn over the map. */
  mask?: Mask | undefined;
}

/**
 * A gallery item with its pictures made: the image, and the image with what is anomalous in red and the outline of the
 * ground truth.
 *
 * @param scale The detector's, so that colors mean the same in all pictures.
 */
export async function makeGalleryItem(source: GallerySource, scale: AnomalyScale): Promise<GalleryItem> {
  const { image, map, mask, ...rest } = source;
  const small = fit(image, PICTURE_SIZE);
  let picture = markAnomalies(small, map, scale);
  if (mask) picture = drawContours(picture, maskContours(mask), { from: mask, lineWidth: 1.5 });
  return { ...rest, image: await encodeReportPicture(small), overlay: await encodeReportPicture(picture) };
}

function fit(image: RgbImage, maxSize: number): RgbImage {
  const scale = Math.min(1, maxSize / Math.max(image.width, image.height));
  const side = (length: number): number => Math.max(1, Math.round(length * scale));
  return resizeImage(image, side(image.width), side(image.height));
}
