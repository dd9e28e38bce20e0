import { type Feedback, StorageError } from '@cflow/spec';
import type { ObjectInfo, ObjectStore } from './object-store.js';
import { predictionKey } from './prediction-key.js';
import type { ImageRoom, PredictionName } from './registry.js';
import { keptImagesPrefix } from './registry-keys.js';
import { listAll, readSmall } from './store-reads.js';

/** Of one image: more than any that a service takes. */
const MAX_BYTES = 2 ** 30;

/** Images that people said something of, as they were sent: below the same names as what was said of them. */
export class KeptImages {
  readonly #store: ObjectStore;

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  /** @throws StorageError `storage-full` when the detector's images would take more than there is room for */
  async keep(prediction: PredictionName, image: Uint8Array, room: ImageRoom): Promise<void> {
    const { name } = prediction;
    const own = await keyOf(prediction);
    let images = 1;
    let bytes = image.length;
    for await (const { key, size } of listAll(this.#store, keptImagesPrefix(name))) {
      if (key === own) continue;
      images++;
      bytes += size;
    }
    if (images > room.images || bytes > room.bytes) {
      throw new StorageError(
        'storage-full',
        `the images kept for "${name}" would be ${images} of ${bytes} bytes; at most ${room.images} of ${room.bytes} are: delete some, or keep them for fewer days`,
        { details: { name, images, bytes } },
      );
    }
    await this.#store.put(own, image);
  }

  async read(prediction: PredictionName): Promise<Uint8Array | undefined> {
    return (await readSmall(this.#store, await keyOf(prediction), MAX_BYTES))?.bytes;
  }

  async delete(prediction: PredictionName): Promise<void> {
    await this.#store.delete(await keyOf(prediction));
  }

  /** What was said, with what is known of the images. `keys` are in the order of the store, as a page of it has them. */
  async addedTo(name: string, feedback: readonly Feedback[], keys: readonly string[]): Promise<Feedback[]> {
    const found = await this.#between(name, keys);
    return feedback.map((each, i) => {
      const image = found.get(keys[i] as string);
      if (!image) return each;
      return { ...each, image: { bytes: image.size, keptAt: new Date(image.modifiedAt).toISOString() } };
    });
  }

  async deleteOlder(name: string, before: number): Promise<number> {
    let removed = 0;
    for await (const { key, modifiedAt } of listAll(this.#store, keptImagesPrefix(name))) {
      if (modifiedAt >= before) continue;
      await this.#store.delete(key);
      removed++;
    }
    return removed;
  }

  /** The images whose names lie between the first and the last of a page: asked for in lots, not one by one. */
  async #between(name: string, keys: readonly string[]): Promise<ReadonlyMap<string, ObjectInfo>> {
    const [first, last] = [keys[0], keys.at(-1)];
    const found = new Map<string, ObjectInfo>();
    if (first === undefined || last === undefined) return found;
    const prefix = keptImagesPrefix(name);
    const own = await this.#store.head(prefix + first);
    if (own) found.set(first, own);
    for (let after = first; after < last; ) {
      const listed = await this.#store.list(prefix, { limit: keys.length, after: prefix + after });
      for (const info of listed) found.set(info.key.slice(prefix.length), info);
      if (listed.length < keys.length) break;
      after = listed.at(-1)?.key.slice(prefix.length) ?? last;
    }
    return found;
  }
}

async function keyOf(prediction: PredictionName): Promise<string> {
  return keptImagesPrefix(prediction.name) + (await predictionKey(prediction));
}
