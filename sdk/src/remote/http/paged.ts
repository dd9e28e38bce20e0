import type { ApiPromise } from './api-promise.js';
import type { CallOptions } from './transport.js';

/** Which part of a list, and how much of it at a time. */
export interface ListOptions extends CallOptions {
  /** Entries of one page, 1 to 200. Default 50. */
  limit?: number | undefined;
  /** `next` of the page before. */
  after?: string | undefined;
}

/** Some entries of a list. */
export interface Page<T> {
  items: T[];
  /** Give it as `after` to get what follows; null at the end. */
  next: string | null;
}

/** A list that is read page by page: `for await` gives its entries, one after another. */
export class Paged<T> implements AsyncIterable<T> {
  readonly #read: (after: string | undefined) => ApiPromise<Page<T>>;
  readonly #after: string | undefined;

  constructor(after: string | undefined, read: (after: string | undefined) => ApiPromise<Page<T>>) {
    this.#after = after;
    this.#read = read;
  }

  /** The first page alone. */
  page(): ApiPromise<Page<T>> {
    return this.#read(this.#after);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    let after: string | null | undefined = this.#after;
    do {
      const page: Page<T> = await this.#read(after);
      yield* page.items;
      after = page.next;
    } while (after);
  }
}
