import { Locks } from './locks.js';

/**
 * Files of the detectors that are loaded, where the cache does not keep them: for the next detector with the same
 * backbone, and for opening a detector on another device.
 */
export class FileShelf {
  readonly locks: Locks = new Locks();
  readonly #files: Map<string, Blob> = new Map();

  async get(sha256: string): Promise<Uint8Array | undefined> {
    const blob = this.#files.get(sha256);
    return blob && new Uint8Array(await blob.arrayBuffer());
  }

  put(sha256: string, bytes: Uint8Array): void {
    this.#files.set(sha256, new Blob([bytes as Uint8Array<ArrayBuffer>]));
  }

  /** Lets go of all but these. */
  keepOnly(hashes: ReadonlySet<string>): void {
    for (const sha256 of this.#files.keys()) if (!hashes.has(sha256)) this.#files.delete(sha256);
  }
}
