import { type Geometry, ImageError, type RgbImage, type ScalarMap } from '@cflow/spec';
import { resizeBilinear, resizeToPlanar } from '../resize-bilinear.js';

/** How a picture comes to the size that a detector takes. */
export interface Canvas {
  /** [height, width] in pixels. */
  inputSize: readonly [number, number];
  /** Left out: `squeeze`. */
  geometry?: Geometry | undefined;
}

interface Size {
  width: number;
  height: number;
}

/** How many times as large as its canvas a cropped picture may be: what is longer would hardly be seen. */
const MOST_CROPPED = 16;
/** How many times a picture may be enlarged, and pixels of a side, below which next to nothing is seen. */
const MOST_ENLARGED = 8;
const FEWEST_PIXELS = 8;

/**
 * The size that a picture is resampled to: that of the canvas, or with its shape kept as large as the canvas holds (`pad`)
 * or as small as covers it (`crop`). A picture of that size is taken as it is. It is also the size of the map that belongs
 * to the picture.
 *
 * @throws ImageError for a picture of which a crop would leave next to nothing
 */
export function fittedSize({ width, height }: Size, { inputSize, geometry }: Canvas): Size {
  const [rows, columns] = inputSize;
  if (geometry !== 'pad' && geometry !== 'crop') return { width: columns, height: rows };
  const across = columns / width;
  const down = rows / height;
  const scale = geometry === 'pad' ? Math.min(across, down) : Math.max(across, down);
  // The side that decides is exact, whatever rounding says.
  const fitted = {
    width: scale === across ? columns : sideOf(width * scale),
    height: scale === down ? rows : sideOf(height * scale),
  };
  if (fitted.width * fitted.height > MOST_CROPPED * rows * columns) {
    throw new ImageError(
      `the image is ${width}x${height}, of which a crop to ${columns}x${rows} would leave next to nothing; expected a shape nearer to that`,
      { details: { image: [width, height], input: [columns, rows] } },
    );
  }
  return fitted;
}

/**
 * That a picture is far smaller than what a detector looks at, so that its score says little: what would be seen is not in it. Empty for one
 * that is large enough, or has been fitted.
 */
export function sizeWarnings({ width, height }: Size, canvas: Canvas): string[] {
  const fitted = fittedSize({ width, height }, canvas);
  const enlarged = Math.max(fitted.width / width, fitted.height / height);
  if (enlarged === 1 || (enlarged <= MOST_ENLARGED && Math.min(width, height) >= FEWEST_PIXELS)) return [];
  const [rows, columns] = canvas.inputSize;
  return [`is ${width}x${height} pixels, enlarged to ${columns}x${rows}: its score says little`];
}

const sideOf = (pixels: number): number => Math.max(1, Math.round(pixels));

/** A picture at its fitted size; shared with what was given where it has that size. */
export function fitImage(image: RgbImage, canvas: Canvas): RgbImage {
  const { width, height } = fittedSize(image, canvas);
  if (image.width === width && image.height === height) return image;
  const warnings = [...(image.warnings ?? []), ...sizeWarnings(image, canvas)];
  return { ...resizeBilinear(image, width, height), ...(warnings.length > 0 && { warnings }) };
}

/**
 * A picture on its canvas, uint8 [3, height, width]: in the middle of it, mirrored at its edges where it does not fill it,
 * so that a network sees no border that the picture does not have.
 *
 * @param out where to write, from `offset` on; a new array when left out
 */
export function drawOnCanvas(
  image: RgbImage,
  canvas: Canvas,
  out: Uint8Array = new Uint8Array(3 * canvas.inputSize[0] * canvas.inputSize[1]),
  offset = 0,
): Uint8Array {
  const [rows, columns] = canvas.inputSize;
  const fitted = fittedSize(image, canvas);
  if (fitted.width === columns && fitted.height === rows)
    return resizeToPlanar(image, columns, rows, out, offset);
  const { width, height, data } = fitImage(image, canvas);
  const across = sources(width, columns, 3);
  const down = sources(height, rows, 3 * width);
  const area = rows * columns;
  let at = offset;
  for (const row of down) {
    for (const column of across) {
      const from = row + column;
      out[at] = data[from]!;
      out[at + area] = data[from + 1]!;
      out[at + 2 * area] = data[from + 2]!;
      at++;
    }
  }
  return out;
}

/** Where a line of `size` places takes its pixels from, of `length` that lie in its middle: mirrored beyond both ends. */
function sources(length: number, size: number, step: number): Int32Array {
  const start = startOf(length, size);
  return Int32Array.from({ length: size }, (_, i) => {
    const period = 2 * length;
    const place = (((i - start) % period) + period) % period;
    return step * (place < length ? place : period - 1 - place);
  });
}

/** Where the picture begins on its canvas: before it, where it is cropped. */
const startOf = (length: number, size: number): number => Math.floor((size - length) / 2);

/**
 * The map of a picture, of `fittedSize`, from the map of its canvas: without what lies beside the picture, and with the
 * map's lowest value where a crop has not looked. The map itself where nothing is to be done.
 */
export function pictureMap(map: ScalarMap, picture: Size, canvas: Canvas): ScalarMap {
  const { width, height } = fittedSize(picture, canvas);
  if (width === map.width && height === map.height) return map;
  const left = startOf(width, map.width);
  const top = startOf(height, map.height);
  const data = new Float32Array(width * height);
  if (canvas.geometry === 'crop') data.fill(lowest(map.data));
  const first = Math.max(0, left);
  const end = Math.min(map.width, left + width);
  for (let y = Math.max(0, top); y < Math.min(map.height, top + height); y++) {
    const row = map.data.subarray(y * map.width + first, y * map.width + end);
    data.set(row, (y - top) * width + first - left);
  }
  return { width, height, data };
}

const lowest = (data: Float32Array): number => {
  let least = Number.POSITIVE_INFINITY;
  for (const value of data) if (value < least) least = value;
  return least;
};
