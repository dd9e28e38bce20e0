import type { DrawnRegions } from '@cflow/spec';

/**
 * Outlines as pixels [height, width], 255 within and 0 elsewhere: a pixel is in where its center lies inside of an odd number of
 * the edges of an outline (even-odd rule).
 *
 * @param size Of what the pixels are for; outlines that were drawn on another size are scaled to it.
 */
export function outlinePixels(
  { width, height, outlines }: DrawnRegions,
  size: { width: number; height: number } = { width, height },
): Uint8Array {
  const pixels = new Uint8Array(size.width * size.height);
  const [sx, sy] = [size.width / width, size.height / height];
  for (const outline of outlines) {
    fill(
      pixels,
      size.width,
      outline.map(([x, y]) => [x * sx, y * sy]),
    );
  }
  return pixels;
}

/** The same as the file of a mask: a binary graymap (PGM). */
export function outlineMask(
  regions: DrawnRegions,
  size: { width: number; height: number } = regions,
): Uint8Array {
  const header = new TextEncoder().encode(`P5\n${size.width} ${size.height}\n255\n`);
  const bytes = new Uint8Array(header.length + size.width * size.height);
  bytes.set(header);
  bytes.set(outlinePixels(regions, size), header.length);
  return bytes;
}

function fill(pixels: Uint8Array, width: number, corners: readonly (readonly [number, number])[]): void {
  const height = pixels.length / width;
  const rows = corners.map(([, y]) => y);
  const first = Math.max(0, Math.floor(Math.min(...rows)));
  const last = Math.min(height - 1, Math.ceil(Math.max(...rows)));
  for (let y = first; y <= last; y++) {
    const crossings = crossingsAt(corners, y + 0.5);
    for (let i = 0; i + 1 < crossings.length; i += 2) {
      const from = Math.max(0, Math.ceil((crossings[i] as number) - 0.5));
      const to = Math.min(width, Math.ceil((crossings[i + 1] as number) - 0.5));
      if (to > from) pixels.fill(255, y * width + from, y * width + to);
    }
  }
}

/** Where a row is crossed by the edges, from left to right. */
function crossingsAt(corners: readonly (readonly [number, number])[], y: number): number[] {
  const found: number[] = [];
  corners.forEach(([x0, y0], i) => {
    const [x1, y1] = corners[(i + 1) % corners.length] as readonly [number, number];
    if (y0 <= y === y1 <= y) return;
    found.push(x0 + ((y - y0) / (y1 - y0)) * (x1 - x0));
  });
  return found.sort((a, b) => a - b);
}
