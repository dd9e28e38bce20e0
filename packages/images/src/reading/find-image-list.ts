import { open, stat } from 'node:fs/promises';
import type { SkippedFile } from '../files/file-tree.js';
import { mapInOrder } from '../map-in-order.js';
import { ImageNames } from './image-names.js';
import { LabelLines } from './label-lines.js';
import { Mentions } from './mentions.js';

/** Files that are looked into, and bytes of all of them. */
const MOST_FILES = 1000;
const MOST_BYTES = 2 ** 26;
const CHUNK = 2 ** 16;
const AT_ONCE = 16;

const SPREADSHEET = /\.(xlsx?|xlsm|xlsb|ods|numbers|parquet)$/i;
const STRUCTURED = /\.(json|xml|ya?ml)$/i;
const LINES = /\.(txt|lst|md|log)$/i;
const PROSE = /(^|\/)(read ?me|licen[cs]e|notice|changelog)[^/]*$/i;

/** A file beside the images that may say which of them are bad, and what it is. */
export interface ImageList {
  name: string;
  what: 'coco' | 'list' | 'spreadsheet';
}

/**
 * A file that says something of several images and is not read: annotations in COCO's form, an export of another tool, labels as
 * JSON or as a plain text, a spreadsheet. Looks into at most 64 MiB of all files together, the smallest first: lists of labels are
 * short. Rejects with the signal's reason.
 *
 * @param images names of the images that it may be about
 * @param isSidecar whether a file belongs to one image
 */
export async function findImageList(
  root: string,
  skipped: readonly SkippedFile[],
  images: readonly string[],
  isSidecar: (name: string) => boolean,
  signal?: AbortSignal,
): Promise<ImageList | undefined> {
  const files = skipped.filter(({ name, reason }) => reason === 'not-an-image' && !PROSE.test(name));
  const sheet = files.find(({ name }) => SPREADSHEET.test(name));
  const lists = files
    .map(({ name }) => name)
    .filter((name) => (STRUCTURED.test(name) || LINES.test(name)) && !isSidecar(name))
    .slice(0, MOST_FILES);
  const names = new ImageNames(images);
  let left = MOST_BYTES;
  for (const { name, bytes } of await bySize(root, lists, signal)) {
    if (left <= 0) break;
    const reader = LINES.test(name) ? new LabelLines(names, name) : new Mentions(names, name);
    const what = await readAs(`${root}/${name}`, reader, left, signal);
    if (what) return { name, what };
    left -= bytes;
  }
  return sheet && { name: sheet.name, what: 'spreadsheet' };
}

async function bySize(
  root: string,
  names: readonly string[],
  signal: AbortSignal | undefined,
): Promise<{ name: string; bytes: number }[]> {
  const sized: { name: string; bytes: number }[] = [];
  const sizeOf = async (name: string): Promise<number | undefined> =>
    (await stat(`${root}/${name}`).catch(() => undefined))?.size;
  let i = 0;
  for await (const bytes of mapInOrder(names, sizeOf, { concurrency: AT_ONCE, signal })) {
    const name = names[i++]!;
    if (bytes) sized.push({ name, bytes });
  }
  return sized.sort((a, b) => a.bytes - b.bytes);
}

interface Reader {
  /** Looks at a piece of the file. @returns whether enough is known */
  read(piece: string): boolean;
  /** What the file is. */
  end(): ImageList['what'] | undefined;
}

/** Read in pieces: such files are long, and what tells may stand anywhere. */
async function readAs(
  path: string,
  reader: Reader,
  most: number,
  signal: AbortSignal | undefined,
): Promise<ImageList['what'] | undefined> {
  const file = await open(path, 'r').catch(() => undefined);
  if (!file) return undefined;
  try {
    const decoder = new TextDecoder();
    for (let at = 0; at < most; at += CHUNK) {
      signal?.throwIfAborted();
      const { buffer, bytesRead } = await file.read(Buffer.alloc(CHUNK), 0, CHUNK, at);
      // Of UTF-16 this leaves what is ASCII.
      const piece = decoder.decode(buffer.subarray(0, bytesRead), { stream: true }).replaceAll('\0', '');
      if ((piece !== '' && reader.read(piece)) || bytesRead < CHUNK) break;
    }
    return reader.end();
  } finally {
    await file.close();
  }
}
