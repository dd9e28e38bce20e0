import type { ObjectInfo, ObjectStore } from './object-store.js';
import { type ExpectedHash, readWhole, type WholeObject } from './read-whole.js';

const PAGE = 1000;

/** A small object as bytes; undefined when there is none. @throws StorageError as `readWhole` */
export function readSmall(
  store: ObjectStore,
  key: string,
  maxBytes: number,
  hash?: ExpectedHash,
): Promise<WholeObject | undefined> {
  return readWhole(store, key, { maxBytes, hash });
}

/** All objects below a prefix, page by page. */
export async function* listAll(store: ObjectStore, prefix: string): AsyncGenerator<ObjectInfo> {
  let after: string | undefined;
  for (;;) {
    const page = await store.list(prefix, { limit: PAGE, after });
    yield* page;
    if (page.length < PAGE) return;
    after = page.at(-1)?.key;
  }
}

/** All names below a prefix, page by page, after a name. */
export async function* listAllNames(
  store: ObjectStore,
  prefix: string,
  options: { after?: string | undefined; page?: number } = {},
): AsyncGenerator<string> {
  const { page: limit = PAGE } = options;
  let { after } = options;
  for (;;) {
    const page = await store.listNames(prefix, { limit, after });
    yield* page;
    if (page.length < limit) return;
    after = page.at(-1);
  }
}
