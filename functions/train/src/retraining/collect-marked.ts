import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sniffFormat } from '@cflow/images';
import { decodeImage } from '@cflow/images/node';
import { CflowError } from '@cflow/spec';
import { markedFiles, markedImages, type Registry } from '@cflow/store';

export interface CollectMarkedOptions {
  signal: AbortSignal;
  /** Told of each image that cannot be used. */
  onLeftOut(reason: string): void;
}

/**
 * Brings the images that people marked into a folder, as a data set in MVTec's layout: what is good to train on, but for a
 * quarter that is held out to test on; what is bad to test on, with masks where regions were drawn. An image that cannot be
 * read is left out, and told.
 *
 * @returns How many there are
 */
export async function collectMarked(
  registry: Pick<Registry, 'listFeedback' | 'keptImage'>,
  name: string,
  folder: string,
  { signal, onLeftOut }: CollectMarkedOptions,
): Promise<number> {
  let images = 0;
  for await (const marked of markedImages(registry, name)) {
    signal.throwIfAborted();
    const format = sniffFormat(marked.image);
    if (!format || 'unsupported' in format) {
      onLeftOut(`the file kept for a marked part is not an image (${marked.id})`);
      continue;
    }
    const size = await sizeOf(marked.image).catch((error: unknown) => {
      if (!CflowError.isInstance(error)) throw error;
      onLeftOut(`the image of a marked part cannot be read (${marked.id}): ${error.message}`);
      return undefined;
    });
    if (!size) continue;
    for (const { path, pieces } of markedFiles(marked, {
      ending: `.${format.format}`,
      holdOut: true,
      size,
    })) {
      const file = join(folder, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, pieces);
    }
    images++;
  }
  return images;
}

/** Decoded to the end: what breaks off is to be known before anything is trained. */
async function sizeOf(image: Uint8Array): Promise<{ width: number; height: number }> {
  const { width, height } = await decodeImage(image);
  return { width, height };
}
