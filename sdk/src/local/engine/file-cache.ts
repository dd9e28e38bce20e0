// Verified files in Cache Storage, by their hash, so that detectors share what is the same. Cache Storage rather than
// the origin's private file system: a file appears in it whole or not at all, and it is the same in pages and workers
// of every browser; the private file system has neither.
import { sha256Hex } from '@cflow/detector';
import { FILE_CACHE } from '../clear-file-cache.js';
import type { Notice } from '../types.js';

/** Keys must be addresses; none is ever asked for this one. */
const KEY = 'https://cflow.invalid/';

/** Keeps files and gives them back only as they were; what cannot be kept is told in `onNotice`, and does no harm. */
export class FileCache {
  readonly #enabled: boolean;
  readonly #onNotice: (notice: Notice) => void;

  constructor(enabled: boolean, onNotice: (notice: Notice) => void) {
    this.#enabled = enabled;
    this.#onNotice = onNotice;
  }

  /** The file with this SHA-256; undefined when it is not there, or not what it was. */
  async get(sha256: string): Promise<Uint8Array | undefined> {
    const bytes = await this.getUnverified(`sha256/${sha256}`);
    if (!bytes || (await sha256Hex(bytes)) === sha256) return bytes;
    await this.#use((cache) => cache.delete(`${KEY}sha256/${sha256}`));
    this.#onNotice({ code: 'cache-damaged', message: 'a cached file was damaged, and was fetched again' });
    return undefined;
  }

  /** Whether it is kept now. */
  put(sha256: string, bytes: Uint8Array): Promise<boolean> {
    return this.putUnverified(`sha256/${sha256}`, bytes);
  }

  async getUnverified(key: string): Promise<Uint8Array | undefined> {
    return this.#use(async (cache) => {
      const response = await cache.match(KEY + key);
      return response && new Uint8Array(await response.arrayBuffer());
    });
  }

  async putUnverified(key: string, bytes: Uint8Array): Promise<boolean> {
    const kept = await this.#use(async (cache) => {
      await cache.put(KEY + key, new Response(bytes as Uint8Array<ArrayBuffer>));
      return true;
    });
    return kept ?? false;
  }

  async #use<T>(work: (cache: Cache) => Promise<T>): Promise<T | undefined> {
    if (!this.#enabled) return undefined;
    try {
      if (!globalThis.caches)
        throw new Error('there is no Cache Storage (pages have it on HTTPS and localhost)');
      return await work(await caches.open(FILE_CACHE));
    } catch (error) {
      const { name, message } = error as Error;
      this.#onNotice(
        name === 'QuotaExceededError'
          ? {
              code: 'cache-full',
              message: 'the browser gives no more room: files are not kept for the next time',
            }
          : { code: 'cache-unavailable', message: `files are not kept for the next time: ${message}` },
      );
      return undefined;
    }
  }
}
