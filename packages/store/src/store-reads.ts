import { StorageError } from '@cflow/spec';
import type { ObjectInfo, ObjectStore } from './object-store.js';
import { type ExpectedHash, readAgain, readWhole, type WholeObject } from './read-whole.js';

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

/**
 * A small JSON object, as `parse` understands it; undefined when there is none. What cannot be understood is asked for again,
 * twice: a store may give a part and say that it was all.
 *
 * @param what What it is, and what to do when it stays as it is
 * @throws StorageError as `readWhole`; retryable, when it never could be understood
 */
export async function readSmallJson<T>(
  store: ObjectStore,
  key: string,
  maxBytes: number,
  { parse, what }: { parse(value: unknown): T; what: string },
): Promise<{ value: T; etag: string } | undefined> {
  return readAgain(async () => {
    const found = await readSmall(store, key, maxBytes);
    if (!found) return undefined;
    try {
      return { value: parse(JSON.parse(new TextDecoder().decode(found.bytes))), etag: found.etag };
    } catch (cause) {
      throw new StorageError('store', `${what}, or came in part; try again`, {
        cause,
        retryable: true,
        details: { key },
      });
    }
  });
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
