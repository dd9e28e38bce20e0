import { type FileHandle, open } from 'node:fs/promises';
import { evenlySpaced } from '../evenly-spaced.js';
import { mapInOrder } from '../map-in-order.js';

/** Files that are looked into, evenly spaced where there are more. */
const MOST_FILES = 10_000;
const AT_ONCE = 16;
/** Bytes at both ends of a file: between them is the picture that some tools embed. */
const END_BYTES = 2 ** 14;
/** LabelMe, Pascal VOC, Supervisely and CVAT, where something is drawn. */
const DRAWN = /"(shapes|objects|regions)"\s{0,64}:\s{0,64}\[\s{0,64}\{|<object>|<(polygon|box|polyline)\b/;
/** YOLO has a number of a kind, and four or more of places, which are parts of the picture. */
const YOLO = /^\d+(?:[ \t]+(?:[01](?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?){4,}[ \t]*\r?$/m;

/** Whether any of the files beside images, one for each, draws something on its image, as tools of annotation do. */
export async function isDrawnOn(paths: readonly string[], signal?: AbortSignal): Promise<boolean> {
  const looked = evenlySpaced(paths, MOST_FILES);
  for await (const drawn of mapInOrder(looked, isDrawn, { concurrency: AT_ONCE, signal }))
    if (drawn) return true;
  return false;
}

async function isDrawn(path: string): Promise<boolean> {
  const file = await open(path, 'r').catch(() => undefined);
  if (!file) return false;
  try {
    const { size } = await file.stat();
    const text = await textAt(file, 0);
    if (DRAWN.test(text) || YOLO.test(text)) return true;
    return size > END_BYTES && DRAWN.test(await textAt(file, Math.max(END_BYTES, size - END_BYTES)));
  } finally {
    await file.close();
  }
}

async function textAt(file: FileHandle, at: number): Promise<string> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(END_BYTES), 0, END_BYTES, at);
  return buffer.toString('utf8', 0, bytesRead);
}
