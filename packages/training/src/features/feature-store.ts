import { type FileHandle, mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { storageErrorOf, writeFileAtomically } from '@cflow/detector/node';
import type { FeatureLayer } from '@cflow/model';
import { type RgbImage, StorageError } from '@cflow/spec';
import * as z from 'zod';
import { type ComputeFeatures, type FeatureSource, valuesPerImage } from './feature-source.js';

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

const count = z.number().int().nonnegative();
const indexSchema = z.strictObject({ fingerprint: z.string(), stored: count, readable: z.array(count) });
type StoreIndex = z.infer<typeof indexSchema>;

/**
 * Features of all images, computed once and kept on disk: one file per layer, one fixed place per image, so that any
 * images can be read back without holding the others in memory.
 */
export class FeatureStore implements FeatureSource {
  readonly #options: FeatureStoreOptions;
  readonly #files: readonly FileHandle[];
  readonly #stored: number;
  /** Indices of the images that could be read. A place below counts these. */
  readonly readable: readonly number[];

  private constructor(options: FeatureStoreOptions, files: readonly FileHandle[], index: StoreIndex) {
    this.#options = options;
    this.#files = files;
    this.#stored = index.stored;
    this.readable = index.readable;
  }

  /**
   * Opens the store, filling it first unless a run before has already. `onProgress` counts images.
   * @throws StorageError when the disk is full or not permitted; what the stream and the computation throw
   */
  static async open(
    options: FeatureStoreOptions,
    batchSize: number,
    onProgress: (done: number, total: number) => void,
  ): Promise<FeatureStore> {
    const { folder, layers, fingerprint } = options;
    try {
      let index = await readIndex(options);
      if (!index) {
        await rm(folder, { recursive: true, force: true });
        await mkdir(folder, { recursive: true });
        index = { fingerprint, ...(await fill(options, batchSize, onProgress)) };
        // Written last: it says that all the rest is there.
        await writeFileAtomically(join(folder, INDEX), JSON.stringify(index));
      }
      const files = await Promise.all(layers.map((_, layer) => open(layerFile(folder, layer), 'r')));
      return new FeatureStore(options, files, index);
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
      else await this.#readStored(layer, place, new Uint8Array(rows.buffer, i * size * 4, size * 4));
    }
    const { load, compute } = this.#options;
    for (let start = 0; start < missing.length; start += BATCH) {
      const part = missing.slice(start, start + BATCH);
      const images = await load(part.map((i) => this.readable[places[i]!]!));
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

  async #readStored(layer: number, place: number, target: Uint8Array): Promise<void> {
    const file = this.#files[layer] as FileHandle;
    const path = layerFile(this.#options.folder, layer);
    for (let read = 0; read < target.length; ) {
      const position = place * target.length + read;
      const { bytesRead } = await file
        .read(target, read, target.length - read, position)
        .catch((error: unknown) => {
          throw storageErrorOf(error, path);
        });
      if (bytesRead === 0) {
        throw new StorageError('store', `"${path}" was cut short while it was in use; resume the run`, {
          details: { path },
        });
      }
      read += bytesRead;
    }
  }
}

/** Images computed at once where the store has to compute them again. */
const BATCH = 8;
const INDEX = 'index.json';

/** What a run before has stored, when that is all there and of the same images and layers. */
async function readIndex({
  folder,
  layers,
  fingerprint,
  images,
}: FeatureStoreOptions): Promise<StoreIndex | undefined> {
  const text = await readFile(join(folder, INDEX), 'utf8').catch(() => '');
  const { data: index } = indexSchema.safeParse(parseJson(text));
  if (index?.fingerprint !== fingerprint || index.readable.some((image) => image >= images)) return undefined;
  const sizes = await Promise.all(
    layers.map((_, layer) =>
      stat(layerFile(folder, layer)).then(
        ({ size }) => size,
        () => -1,
      ),
    ),
  );
  const whole = layers.every((layer, i) => sizes[i] === index.stored * valuesPerImage(layer) * 4);
  return whole ? index : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function fill(
  { folder, layers, limit, images, stream, compute }: FeatureStoreOptions,
  batchSize: number,
  onProgress: (done: number, total: number) => void,
): Promise<Pick<StoreIndex, 'stored' | 'readable'>> {
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
  } catch (error) {
    // A part is of no use after an interruption, and on a full disk it is in the way of the checkpoints.
    await Promise.all(files.map((file) => file.truncate(0).catch(() => undefined)));
    throw error;
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

const layerFile = (folder: string, layer: number): string => join(folder, `layer${layer}.f32`);
