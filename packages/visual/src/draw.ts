import type { Region, RgbImage } from '@cflow/spec';
import type { Ring } from './contours.js';
import { requireImage } from './resample.js';

/** Red, green, blue, 0 to 255. */
export type Color = readonly [red: number, green: number, blue: number];

export interface DrawOptions {
  /** Default white. */
  color?: Color | undefined;
  /** Width of the line in pixels of the image. Default 2. */
  lineWidth?: number | undefined;
  /** Size of the map that the coordinates refer to, when it is not the image's. */
  from?: { width: number; height: number } | undefined;
}

const WHITE: Color = [255, 255, 255];

/** The image with lines along the rings, antialiased. The given image is left as it is. */
export function drawContours(image: RgbImage, rings: readonly Ring[], options: DrawOptions = {}): RgbImage {
  requireImage('image', image, 3);
  const { color = WHITE, lineWidth = 2, from = image } = options;
  const scaleX = image.width / from.width;
  const scaleY = image.height / from.height;
  // Coverage is collected over all segments first, so that joints are not painted twice.
  const coverage = new Float32Array(image.width * image.height);
  for (const ring of rings) {
    for (let i = 1; i < ring.length; i++) {
      const [x0, y0] = ring[i - 1]!;
      const [x1, y1] = ring[i]!;
      coverSegment(coverage, image, [x0 * scaleX, y0 * scaleY, x1 * scaleX, y1 * scaleY], lineWidth / 2);
    }
  }
  return paint(image, coverage, color);
}

/** The image with a frame just outside the box of each region. The given image is left as it is. */
export function drawRegions(
  image: RgbImage,
  regions: readonly Pick<Region, 'box'>[],
  options: DrawOptions = {},
): RgbImage {
  requireImage('image', image, 3);
  const { width, height } = image;
  const { color = WHITE, from = image } = options;
  const line = Math.max(1, Math.round(options.lineWidth ?? 2));
  const scaleX = width / from.width;
  const scaleY = height / from.height;
  const coverage = new Float32Array(width * height);
  const fill = (x0: number, y0: number, x1: number, y1: number): void => {
    for (let y = Math.max(0, y0); y < Math.min(height, y1); y++) {
      coverage.fill(
        1,
        y * width + Math.max(0, Math.min(width, x0)),
        y * width + Math.max(0, Math.min(width, x1)),
      );
    }
  };
  for (const { box } of regions) {
    const left = Math.round(box.x * scaleX);
    const top = Math.round(box.y * scaleY);
    const right = Math.round((box.x + box.width) * scaleX);
    const bottom = Math.round((box.y + box.height) * scaleY);
    fill(left - line, top - line, right + line, top);
    fill(left - line, bottom, right + line, bottom + line);
    fill(left - line, top, left, bottom);
    fill(right, top, right + line, bottom);
  }
  return paint(image, coverage, color);
}

/** Raises the coverage of pixels near the segment to their share under a line of half width `half`. */
function coverSegment(
  coverage: Float32Array,
  { width, height }: { width: number; height: number },
  [x0, y0, x1, y1]: readonly [number, number, number, number],
  half: number,
): void {
  const reach = half + 0.5;
  const left = Math.max(0, Math.floor(Math.min(x0, x1) - reach));
  const right = Math.min(width - 1, Math.ceil(Math.max(x0, x1) + reach));
  const top = Math.max(0, Math.floor(Math.min(y0, y1) - reach));
  const bottom = Math.min(height - 1, Math.ceil(Math.max(y0, y1) + reach));
  const dx = x1 - x0;
  const dy = y1 - y0;
  const lengthSquared = dx * dx + dy * dy;
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const px = x + 0.5 - x0;
      const py = y + 0.5 - y0;
      const along = lengthSquared > 0 ? Math.min(1, Math.max(0, (px * dx + py * dy) / lengthSquared)) : 0;
      const share = Math.min(1, reach - Math.hypot(px - along * dx, py - along * dy));
      const at = y * width + x;
      if (share > coverage[at]!) coverage[at] = share;
    }
  }
}

function paint(image: RgbImage, coverage: Float32Array, color: Color): RgbImage {
  const data = image.data.slice();
  for (let i = 0; i < coverage.length; i++) {
    const alpha = coverage[i]!;
    if (alpha === 0) continue;
    for (let c = 0; c < 3; c++) {
      data[i * 3 + c] = Math.round(data[i * 3 + c]! + alpha * (color[c]! - data[i * 3 + c]!));
    }
  }
  return { width: image.width, height: image.height, data };
}
