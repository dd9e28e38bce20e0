/** Bytes of decompressed assets at a time: all of the page's are 42 MB. */
const MOST_BYTES = 64_000_000;
/** Milliseconds after its last use that a decompressed asset is kept. */
const KEPT_MS = 30_000;

interface Entry {
  bytes: Promise<Uint8Array<ArrayBuffer>>;
  length: number;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/**
 * Compressed assets as they were, for the few who do not take them compressed. Decompressed once for all who ask within a
 * while, since anybody may ask without a key and it costs nearly half a second; then forgotten, so that their memory comes
 * back.
 */
export class DecodedAssets {
  readonly #entries: Map<Uint8Array, Entry> = new Map();

  /** The bytes that were compressed. They are shared, and must not be changed. */
  async of(compressed: Uint8Array<ArrayBuffer>, format: 'gzip'): Promise<Uint8Array<ArrayBuffer>> {
    const entry = this.#entries.get(compressed) ?? this.#add(compressed, format);
    clearTimeout(entry.timer);
    entry.timer = setTimeout(() => this.#entries.delete(compressed), KEPT_MS);
    // On Node the timer must not keep the process alive.
    (entry.timer as { unref?(): void }).unref?.();
    try {
      const bytes = await entry.bytes;
      entry.length = bytes.length;
      this.#makeRoom(compressed);
      return bytes;
    } catch (error) {
      this.#forget(compressed);
      throw error;
    }
  }

  #add(compressed: Uint8Array<ArrayBuffer>, format: 'gzip'): Entry {
    const stream = new Blob([compressed]).stream().pipeThrough(new DecompressionStream(format));
    const bytes = new Response(stream).arrayBuffer().then((buffer) => new Uint8Array(buffer));
    const entry: Entry = { bytes, length: 0, timer: undefined };
    this.#entries.set(compressed, entry);
    return entry;
  }

  #makeRoom(newest: Uint8Array): void {
    let total = 0;
    for (const { length } of this.#entries.values()) total += length;
    for (const [key, { length }] of this.#entries) {
      if (total <= MOST_BYTES) return;
      if (key === newest) continue;
      total -= length;
      this.#forget(key);
    }
  }

  #forget(compressed: Uint8Array): void {
    clearTimeout(this.#entries.get(compressed)?.timer);
    this.#entries.delete(compressed);
  }
}
