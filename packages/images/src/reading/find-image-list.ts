import { open } from 'node:fs/promises';
import type { SkippedFile } from '../files/file-tree.js';

/** Files that are looked into, and bytes of each. */
const MOST_FILES = 20;
const MOST_BYTES = 2 ** 26;
const CHUNK = 2 ** 16;
/** What a list of annotations in COCO's form has, whichever tool wrote it; of a file of labels for one image there is no list of images. */
const KEYS = ['"images"', '"annotations"'];
const LONGEST_KEY = 13;

/** The first file that lists annotations of many images, in COCO's form (`instances_train.json`, `_annotations.coco.json`). */
export async function findAnnotationList(
  root: string,
  skipped: readonly SkippedFile[],
): Promise<string | undefined> {
  const files = skipped.filter(({ name, reason }) => reason === 'not-an-image' && /\.json$/i.test(name));
  for (const { name } of files.slice(0, MOST_FILES)) {
    if (await hasKeys(`${root}/${name}`)) return name;
  }
  return undefined;
}

/** Read in pieces: such files are long, and their keys in any order. */
async function hasKeys(path: string): Promise<boolean> {
  const file = await open(path, 'r').catch(() => undefined);
  if (!file) return false;
  try {
    const missing = new Set(KEYS);
    let kept = '';
    for (let at = 0; at < MOST_BYTES; at += CHUNK) {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(CHUNK), 0, CHUNK, at);
      const text = kept + buffer.toString('latin1', 0, bytesRead);
      for (const key of missing) if (text.includes(key)) missing.delete(key);
      if (missing.size === 0) return true;
      if (bytesRead < CHUNK) return false;
      kept = text.slice(-LONGEST_KEY);
    }
    return false;
  } finally {
    await file.close();
  }
}
