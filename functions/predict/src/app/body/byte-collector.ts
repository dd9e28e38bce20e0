/** Of the first piece, when nobody knows how much comes. */
const FIRST_PIECE = 4096;
/** Pieces double up to this. */
const LARGEST_PIECE = 2 ** 20;

/**
 * Bytes that come bit by bit, in pieces that grow with them: a million chunks of one byte take no more room than one
 * chunk of a million.
 */
export class ByteCollector {
  readonly #full: Uint8Array<ArrayBuffer>[] = [];
  readonly #expected: number | undefined;
  #last: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #used = 0;
  #length = 0;

  /**
   * @param expected How many will come, if that is known: they are written where they stay. Memory that nothing was
   *   written to costs only addresses, but it must have been admitted: what is announced may be a lie.
   */
  constructor(expected?: number) {
    this.#expected = expected;
  }

  get length(): number {
    return this.#length;
  }

  add(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length; ) {
      const room = this.room();
      const part = bytes.subarray(from, from + room.length);
      room.set(part);
      this.advance(part.length);
      from += part.length;
    }
  }

  addByte(byte: number): void {
    if (this.#used === this.#last.length) this.#grow();
    this.#last[this.#used++] = byte;
    this.#length++;
  }

  /** Where the next bytes may be written: at least one. */
  room(): Uint8Array<ArrayBuffer> {
    if (this.#used === this.#last.length) this.#grow();
    return this.#last.subarray(this.#used);
  }

  /** So many bytes of the room were written. */
  advance(count: number): void {
    this.#used += count;
    this.#length += count;
  }

  /** All of them in one piece, in a buffer of exactly their length. The collector is empty after it. */
  take(): Uint8Array<ArrayBuffer> {
    const whole = this.#full.length === 0 && this.#used === this.#last.length;
    const bytes = whole ? this.#last : new Uint8Array(this.#length);
    if (!whole) {
      let offset = 0;
      for (const piece of this.#full.splice(0)) {
        bytes.set(piece, offset);
        offset += piece.length;
      }
      bytes.set(this.#last.subarray(0, this.#used), offset);
    }
    this.#full.length = 0;
    this.#last = new Uint8Array(0);
    this.#used = 0;
    this.#length = 0;
    return bytes;
  }

  #grow(): void {
    if (this.#last.length > 0) this.#full.push(this.#last);
    const expected = this.#length === 0 ? this.#expected : undefined;
    const doubled = Math.max(FIRST_PIECE, Math.min(LARGEST_PIECE, this.#length));
    this.#last = new Uint8Array(expected || doubled);
    this.#used = 0;
  }
}
