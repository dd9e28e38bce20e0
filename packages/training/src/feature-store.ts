import { type FileHandle, mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { storageErrorOf } from '@cflow/detector/node';
import type { FeatureLayer } from '@cflow/model';
import type { RgbImage } from '@cflow/spec';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';

/** Features of images: per layer, rows of each image one after another. */
export type ComputeFeatures = (images: readonly RgbImage[]) => Promise<Float32Array[]>;

export interface FeatureStoreOptions {
  folder: string;
  layers: readonly FeatureLayer[];
  /** Bytes that the store may take on disk. Images beyond are computed anew whenever they are read. */
  limit: number;
  /** Tells one set of features from another: when it differs, what is there is thrown away. */
  fingerprint: string;
  /** Number of images in the list that indices refer to. */
  images: number;
  /** All images of the list that can be read, in its order, at any size. */
  stream: () => AsyncIterable<{ index: number; image: RgbImage }>;
  /** Images of the list by index, which the stream has given before. */
  load: (indices: readonly number[]) => Promise<RgbImage[]>;
  compute: ComputeFeatures;
}

const indexSchema = z.strictObject({
  fingerprint: z.string(),
  stored: z.number(),
  readable: z.array(z.number()),
});

/**
 * Features of all images, computed once and kept on disk: one file per layer, one fixed place per image, so that any
 * images can be read back without holding the others in memory.
 */
export class FeatureStore {
  readonly #options: FeatureStoreOptions;
  readonly #files: readonly FileHandle[];
  readonly #stored: number;
  /** Indices of the images that could be read. A place below counts these. */
  readonly readable: readonly number[];

  private constructor(
    options: FeatureStoreOptions,
    files: readonly FileHandle[],
    stored: number,
    readable: number[],
  ) {
    this.#options = options;
    this.#files = files;
    this.#stored = stored;
    this.readable = readable;
  }

  /** Opens the store, filling it first unless a run before has already. `onProgress` counts images. */
  static async open(
    options: FeatureStoreOptions,
    batchSize: number,
    onProgress: (done: number, total: number) => void,
  ): Promise<FeatureStore> {
    const { folder, layers, fingerprint } = options;
    const path = join(folder, 'index.json');
    try {
      const found = indexSchema.safeParse(JSON.parse(await readFile(path, 'utf8').catch(() => 'null')));
      let index = found.data;
      if (index?.fingerprint !== fingerprint) {
        await rm(folder, { recursive: true, force: true });
        await mkdir(folder, { recursive: true });
        index = { fingerprint, ...(await fill(options, batchSize, onProgress)) };
        // Written last: it says that all the rest is there.
        await writeFileAtomic(path, JSON.stringify(index));
      }
      const files = await Promise.all(layers.map((_, layer) => open(layerFile(folder, layer), 'r')));
      return new FeatureStore(options, files, index.stored, index.readable);
    } catch (error) {
      throw storageErrorOf(error, folder);
    }
  }

  /** Rows [images · h · w, C] of one layer, for images by their place in `readable`, in the order asked for. */
  async read(layer: number, places: readonly number[]): Promise<Float32Array> {
    const size = valuesPerImage(this.#options.layers[layer] as FeatureLayer);
    const rows = new Float32Array(places.length * size);
    const missing: number[] = [];
    for (const [i, place] of places.entries()) {
      if (place >= this.#stored) missing.push(i);
      else {
        const target = new Uint8Array(rows.buffer, i * size * 4, size * 4);
        await (this.#files[layer] as FileHandle).read(target, 0, target.length, place * size * 4);
      }
    }
    const { load, compute } = this.#options;
    for (let start = 0; start < missing.length; start += BATCH) {
      const part = missing.slice(start, start + BATCH);
      const images = await load(part.map((i) => this.readable[places[i] as number] as number));
      const computed = (await compute(images))[layer] as Float32Array;
      part.forEach((i, k) => {
        rows.set(computed.subarray(k * size, (k + 1) * size), i * size);
      });
    }
    return rows;
  }

  async close(): Promise<void> {
    await Promise.all(this.#files.map((file) => file.close()));
  }
}

/** Images computed at once where the store has to compute them again. */
const BATCH = 8;

async function fill(
  { folder, layers, limit, images, stream, compute }: FeatureStoreOptions,
  batchSize: number,
  onProgress: (done: number, total: number) => void,
): Promise<{ stored: number; readable: number[] }> {
  const perImage = layers.reduce((sum, layer) => sum + valuesPerImage(layer) * 4, 0);
  const room = Math.floor(limit / perImage);
  const files = await Promise.all(layers.map((_, layer) => open(layerFile(folder, layer), 'w')));
  const readable: number[] = [];
  let stored = 0;
  let batch: RgbImage[] = [];
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return;
    const features = await compute(batch);
    for (const [layer, rows] of features.entries()) {
      await writeAll(
        files[layer] as FileHandle,
        new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength),
      );
    }
    stored += batch.length;
    batch = [];
  };
  try {
    for await (const { index, image } of stream()) {
      readable.push(index);
      if (stored + batch.length < room) batch.push(image);
      if (batch.length === batchSize) await flush();
      onProgress(index + 1, images);
    }
    await flush();
    for (const file of files) await file.sync();
  } finally {
    await Promise.all(files.map((file) => file.close()));
  }
  return { stored, readable };
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    written += (await file.write(bytes, written, bytes.length - written)).bytesWritten;
  }
}

const valuesPerImage = ({ channels, height, width }: FeatureLayer): number => channels * height * width;

const layerFile = (folder: string, layer: number): string => join(folder, `layer${layer}.f32`);
