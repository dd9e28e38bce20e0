import { sha256Hex } from '@cflow/detector';
import { type Feedback, feedbackSchema, type PageQuery } from '@cflow/spec';
import type { ObjectStore } from './object-store.js';
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
    const checked = feedbackSchema.parse(feedback);
    // Identifiers of predictions come from outside; hashed, any of them is a name of a fixed length.
    const id = (await sha256Hex(new TextEncoder().encode(checked.prediction))).slice(0, 40);
    const key = `${feedbackPrefix(checked.name)}${checked.version}/${id}.json`;
    await this.#store.put(key, new TextEncoder().encode(JSON.stringify(checked)));
  }

  /** In no particular but a fixed order, version by version. */
  async list(
    name: string,
    { limit, after, version }: PageQuery & { version?: string | undefined },
  ): Promise<{ feedback: Feedback[]; next: string | null }> {
    const prefix = feedbackPrefix(name);
    const keys = await this.#store.list(version === undefined ? prefix : `${prefix}${version}/`, {
      limit: limit + 1,
      after: after === undefined ? undefined : prefix + after,
    });
    const page = keys.slice(0, limit);
    const feedback: Feedback[] = [];
    for (const { key } of page) {
      const found = await readSmallJson(this.#store, key, MAX_BYTES, {
        parse: (value) => feedbackSchema.parse(value),
        what: 'what was said of a prediction is damaged, and has to be said again',
      });
      if (found) feedback.push(found.value);
    }
    return { feedback, next: keys.length > limit ? (page.at(-1)?.key.slice(prefix.length) ?? null) : null };
  }
}
