import { CflowError } from '@cflow/spec';
import { decodeMask } from '../decode-mask.js';
import { decodeRaster, type Raster } from '../decode-raster.js';

/**
 * What a file shows, which its name leaves open. `mask`: something on black, in few values. `black`: nothing else, as in
 * the mask of a good image. `plain`: few values, but no black among them, or no areas. `photograph`: anything else.
 */
export type Content = 'mask' | 'black' | 'plain' | 'photograph';

/** Values of a mask: black, and a number for each kind of defect. */
const MOST_VALUES = 16;
/** Of a mask whose values are blurred, how many samples are nearly black or nearly as bright as the brightest. */
const EXTREME_SHARE = 0.98;
/** What compression makes of black, of 255. */
const NEARLY_BLACK = 3;
/** Of a mask, how many samples differ from the one before them: the borders of areas, and not noise. */
const MOST_BORDERS = 1 / 4;
/** Of full scale, how far channels differ in a color, and of how many pixels in a picture in color. */
const COLOR_DIFFERENCE = 1 / 16;
const COLORED_SHARE = 1 / 20;

/** What is seen in a file. */
export interface Look {
  content: Content;
  /** A photograph in color. */
  isColored: boolean;
}

/** The content of a file; undefined where it cannot be read, which is told when it is needed. Rejects with the signal's reason. */
export async function contentOf(path: string, signal?: AbortSignal): Promise<Content | undefined> {
  return (await lookInto(path, signal))?.content;
}

/** The same, and whether it is in color. */
export async function lookInto(path: string, signal?: AbortSignal): Promise<Look | undefined> {
  signal?.throwIfAborted();
  try {
    const raster = await decodeRaster(path);
    const content = await contentIn(raster, path);
    return { content, isColored: content === 'photograph' && isColored(raster) };
  } catch (error) {
    if (CflowError.isInstance(error) && error.code === 'image') return undefined;
    throw error;
  }
}

async function contentIn({ data, width, height, format }: Raster, path: string): Promise<Content> {
  const values = fewValues(data);
  if (format === 'jpeg' || !values) return blurredContent(data, values);
  const marks = (await decodeMask(path)).data;
  if (!marks.includes(0)) return 'plain';
  if (!marks.includes(1)) return 'black';
  return hasAreas(data, data.length / (width * height)) && hasAreas(marks, 1) ? 'mask' : 'plain';
}

/** Whether the channels of many pixels differ by more than noise and compression make them. */
function isColored({ data, space }: Raster): boolean {
  if (space !== 'rgb') return false;
  const least = (data instanceof Uint16Array ? 0xffff : 0xff) * COLOR_DIFFERENCE;
  let colored = 0;
  for (let i = 0; i < data.length; i += 3) {
    const [red, green, blue] = [data[i]!, data[i + 1]!, data[i + 2]!];
    if (Math.max(red, green, blue) - Math.min(red, green, blue) > least) colored++;
  }
  return 3 * colored > COLORED_SHARE * data.length;
}

/** The values of samples, where they are few. */
function fewValues(data: Uint8Array | Uint16Array): Set<number> | undefined {
  const values = new Set<number>();
  for (const value of data) {
    values.add(value);
    if (values.size > MOST_VALUES) return undefined;
  }
  return values;
}

/**
 * A mask that was compressed or resampled is black and bright, with little between them. A photo of bright marks in the dark
 * has more between them than is bright.
 */
function blurredContent(data: Uint8Array | Uint16Array, values: Set<number> | undefined): Content {
  let most = 0;
  for (const value of data) if (value > most) most = value;
  if (values && most <= NEARLY_BLACK) return 'black';
  let [black, bright] = [0, 0];
  for (const value of data) {
    if (8 * value <= most) black++;
    else if (8 * value >= 7 * most) bright++;
  }
  if (values && black === 0) return 'plain';
  const between = data.length - black - bright;
  const extreme = black + bright >= EXTREME_SHARE * data.length;
  return extreme && black > 0 && bright > between ? 'mask' : 'photograph';
}

/** Whether neighbors mostly are alike, which noise in a few values is not. */
function hasAreas(data: Uint8Array | Uint16Array, channels: number): boolean {
  let borders = 0;
  for (let i = channels; i < data.length; i++) if (data[i] !== data[i - channels]) borders++;
  return borders <= MOST_BORDERS * data.length;
}
