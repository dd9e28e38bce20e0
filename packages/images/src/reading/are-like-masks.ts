import { CflowError } from '@cflow/spec';
import { decodeMask } from '../decode-mask.js';
import { decodeRaster } from '../decode-raster.js';
import type { TreeFile } from '../files/file-tree.js';
import { ambiguous, someOf } from './say-which.js';

/** Files that are looked into, evenly spaced. */
const MOST_LOOKED_AT = 8;
/** Values of a mask: black, and a number for each kind of defect. */
const MOST_VALUES = 16;
/** Of a mask as JPEG, how many samples are nearly black or nearly as bright as the brightest. */
const EXTREME_SHARE = 0.98;

/**
 * Whether files whose names leave it open are masks by what is in them: few values. None are where there are none.
 * @throws DataSetError where some are, and others are not
 */
export async function areLikeMasks(files: readonly TreeFile[]): Promise<boolean> {
  const step = Math.max(1, files.length / MOST_LOOKED_AT);
  const like: string[] = [];
  const unlike: string[] = [];
  for (let at = 0; at < files.length; at += step) {
    const { name, path } = files[Math.trunc(at)] as TreeFile;
    ((await isLikeMask(path)) ? like : unlike).push(name);
  }
  if (like.length > 0 && unlike.length > 0) {
    throw ambiguous(
      `cannot tell what files such as ${someOf(like, 2)} and ${someOf(unlike, 2)} are, which are named like an image beside them`,
      ['masks of it', 'images of their own'],
      { like: like.slice(0, 5), unlike: unlike.slice(0, 5) },
    );
  }
  return like.length > 0;
}

/**
 * Whether a file is a mask by what is in it, which nobody asked: something on black, in few values. Undefined where all of it is
 * black, as in the mask of a good image.
 */
export async function isMarked(path: string): Promise<boolean | undefined> {
  try {
    const { data, format } = await decodeRaster(path);
    if (format === 'jpeg' || !hasFewValues(data)) return false;
    const marks = (await decodeMask(path)).data;
    return marks.includes(0) ? (marks.includes(1) ? true : undefined) : false;
  } catch (error) {
    if (CflowError.isInstance(error) && error.code === 'image') return false;
    throw error;
  }
}

/** What cannot be read is told when it is needed. */
async function isLikeMask(path: string): Promise<boolean> {
  try {
    const { data, format } = await decodeRaster(path);
    if (format !== 'jpeg') return hasFewValues(data);
    let most = 0;
    for (const value of data) if (value > most) most = value;
    let extreme = 0;
    for (const value of data) if (8 * value <= most || 8 * value >= 7 * most) extreme++;
    return extreme >= EXTREME_SHARE * data.length;
  } catch (error) {
    if (CflowError.isInstance(error) && error.code === 'image') return false;
    throw error;
  }
}

function hasFewValues(data: Uint8Array | Uint16Array): boolean {
  const values = new Set<number>();
  for (const value of data) {
    values.add(value);
    if (values.size > MOST_VALUES) return false;
  }
  return true;
}
