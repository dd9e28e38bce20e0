import { type Feedback, feedbackSchema, type PageQuery } from '@cflow/spec';
import type { ObjectStore } from './object-store.js';
import { predictionKey } from './prediction-key.js';
import type { PredictionName } from './registry.js';
import { feedbackPrefix } from './registry-keys.js';
import { readSmallJson } from './store-reads.js';

const MAX_BYTES = 2 ** 16;

/** What people said of predictions: one object for each prediction, the last word counts. */
export class FeedbackLog {
  readonly #store: ObjectStore;

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  async add(feedback: Feedback): Promise<void> {
    const { image: _, ...said } = feedbackSchema.parse(feedback);
    await this.#store.put(await keyOf(said), new TextEncoder().encode(JSON.stringify(said)));
  }

  async of(prediction: PredictionName): Promise<Feedback | undefined> {
    return this.#read(await keyOf(prediction));
  }

  async delete(prediction: PredictionName): Promise<void> {
    await this.#store.delete(await keyOf(prediction));
  }

  /** In no particular but a fixed order, version by version; `keys` are those of the predictions, `<version>/<id>`. */
  async list(
    name: string,
    { limit, after, version }: PageQuery & { version?: string | undefined },
  ): Promise<{ feedback: Feedback[]; keys: string[]; next: string | null }> {
    const prefix = feedbackPrefix(name);
    const listed = await this.#store.list(version === undefined ? prefix : `${prefix}${version}/`, {
      limit: limit + 1,
      after: after === undefined ? undefined : prefix + after,
    });
    const page = listed.slice(0, limit);
    const feedback: Feedback[] = [];
    const keys: string[] = [];
    for (const { key } of page) {
      const found = await this.#read(key);
      if (!found) continue;
      feedback.push(found);
      keys.push(key.slice(prefix.length, -ENDING.length));
    }
    const next = listed.length > limit ? (page.at(-1)?.key.slice(prefix.length) ?? null) : null;
    return { feedback, keys, next };
  }

  async #read(key: string): Promise<Feedback | undefined> {
    const found = await readSmallJson(this.#store, key, MAX_BYTES, {
      parse: (value) => feedbackSchema.parse(value),
      what: 'the mark of a prediction is damaged, and has to be made again',
    });
    return found?.value;
  }
}

const ENDING = '.json';

async function keyOf(prediction: PredictionName): Promise<string> {
  return `${feedbackPrefix(prediction.name)}${await predictionKey(prediction)}${ENDING}`;
}
