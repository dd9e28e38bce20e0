import { ConfigurationError, type RgbImage } from '@cflow/spec';
import { GLYPH_HEIGHT } from './bitmap-font.js';
import type { Color } from './draw.js';
import { writeText } from './draw-text.js';
import { resizeImage } from './resample.js';

export interface Tile {
  image: RgbImage;
  /** One line below the image; its middle is left out where it is too long. */
  caption?: string | undefined;
}

export interface ContactSheetOptions {
  /** Tiles side by side. Default: as many as make the sheet about square. */
  columns?: number | undefined;
  /** Longest side of a tile in pixels. Default 192. */
  tileSize?: number | undefined;
  /** Pixels between the tiles and around them. Default 12. */
  gap?: number | undefined;
  background?: Color | undefined;
  foreground?: Color | undefined;
}

/** Pixels of the largest sheet: 300 MB of RGB. */
const MAX_PIXELS = 100e6;
const CAPTION_GAP = 5;

/**
 * Images in rows with captions, each scaled to fit a square tile.
 *
 * @throws ConfigurationError without tiles, for options out of range, or when the sheet would be too large;
 * ImageError for an image whose data are not of its size.
 */
export function contactSheet(tiles: readonly Tile[], options: ContactSheetOptions = {}): RgbImage {
  const { tileSize = 192, gap = 12, background = [250, 250, 249], foreground = [40, 44, 48] } = options;
  const columns = Math.min(tiles.length, options.columns ?? Math.ceil(Math.sqrt(tiles.length)));
  const whole = Number.isInteger(columns) && Number.isInteger(tileSize) && Number.isInteger(gap);
  if (!whole || columns < 1 || tileSize < 8 || gap < 0) {
    throw new ConfigurationError(
      'A contact sheet needs at least one tile, one column, tiles of 8 pixels and a gap of 0 or more, all whole ' +
        `numbers; got ${tiles.length} tiles, ${columns} columns, tiles of ${tileSize} and a gap of ${gap}.`,
    );
  }
  const scale = Math.max(1, Math.round(tileSize / 200));
  const captioned = tiles.some(({ caption }) => caption !== undefined);
  const cellHeight = tileSize + (captioned ? CAPTION_GAP + GLYPH_HEIGHT * scale : 0) + gap;
  const width = gap + columns * (tileSize + gap);
  const height = gap + Math.ceil(tiles.length / columns) * cellHeight;
  if (width * height > MAX_PIXELS) {
    throw new ConfigurationError(
      `A contact sheet may have ${MAX_PIXELS / 1e6} million pixels, but ${tiles.length} tiles of ${tileSize} would ` +
        `make one of ${width}x${height}. Use smaller or fewer tiles.`,
      { details: { width, height, maxPixels: MAX_PIXELS } },
    );
  }
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i++) data[i] = background[i % 3]!;
  const sheet: RgbImage = { width, height, data };
  tiles.forEach(({ image, caption }, i) => {
    const x = gap + (i % columns) * (tileSize + gap);
    const y = gap + Math.floor(i / columns) * cellHeight;
    const fit = tileSize / Math.max(image.width, image.height);
    const fitted = resizeImage(
      image,
      Math.max(1, Math.round(image.width * fit)),
      Math.max(1, Math.round(image.height * fit)),
    );
    paste(sheet, fitted, x + ((tileSize - fitted.width) >> 1), y + ((tileSize - fitted.height) >> 1));
    if (caption !== undefined) {
      writeText(sheet, caption, {
        x,
        y: y + tileSize + CAPTION_GAP,
        color: foreground,
        scale,
        maxWidth: tileSize,
      });
    }
  });
  return sheet;
}

function paste(target: RgbImage, image: RgbImage, x: number, y: number): void {
  const row = image.width * 3;
  for (let i = 0; i < image.height; i++) {
    target.data.set(image.data.subarray(i * row, (i + 1) * row), ((y + i) * target.width + x) * 3);
  }
}
