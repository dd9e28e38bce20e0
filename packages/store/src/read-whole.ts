import { sha256Hex } from '@cflow/detector';
import { CflowError, StorageError } from '@cflow/spec';
import type { ObjectInfo, ObjectStore } from './object-store.js';
import { readAll } from './read-all.js';

export interface WholeObject extends ObjectInfo {
  bytes: Uint8Array;
}

export interface ExpectedHash {
  sha256: string;
  /** What is to be thrown for another. */
  damaged(found: string): CflowError;
}

/** Before each further try, in milliseconds. */
const PAUSES = [50, 500];

/**
 * An object as bytes; undefined when there is none. What comes in part, breaks off, or has another hash than it should is
 * asked for again, twice.
 *
 * @throws StorageError when it is larger than `maxBytes`; retryable, when it never came whole; what `damaged` makes of a
 * hash that it still has not
 */
export async function readWhole(
  store: ObjectStore,
  key: string,
  { maxBytes, hash }: { maxBytes: number; hash?: ExpectedHash | undefined },
): Promise<WholeObject | undefined> {
  for (let attempt = 0; ; attempt++) {
    const found = await store.get(key);
    if (!found) return undefined;
    const { body, ...info } = found;
    const pause = PAUSES[attempt];
    try {
      const bytes = await readAll(body, maxBytes, `"${key}" in ${store.name}`);
      if (bytes.length !== info.size) throw incomplete(store.name, key, bytes.length, info.size);
      const found = hash && (await sha256Hex(bytes));
      if (!hash || !found || found === hash.sha256) return { ...info, bytes };
      if (pause === undefined) throw hash.damaged(found);
    } catch (error) {
      if (pause === undefined || !CflowError.isInstance(error) || !error.retryable) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

/** A part of an object is not taken for the whole. */
export function incomplete(store: string, key: string, found: number, expected: number): StorageError {
  return new StorageError('store', `${store} gave ${found} of the ${expected} bytes of "${key}"; try again`, {
    retryable: true,
    details: { store, key, found, expected },
  });
}

/** Does a read again, a few times, that came in part or damaged on its way. Answers that were refused are final. */
export async function readAgain<T>(read: () => Promise<T>): Promise<T> {
  for (const pause of PAUSES) {
    try {
      return await read();
    } catch (error) {
      const { code, details, retryable } = error as Partial<CflowError>;
      const passing = code === 'bundle' || (retryable === true && details?.status === undefined);
      if (!CflowError.isInstance(error) || !passing) throw error;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
  return read();
}
