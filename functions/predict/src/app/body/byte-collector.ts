import { releaseBuffer } from '@cflow/spec';

/** Bytes that are written one by one are gathered in a piece of this size first, and of less where there are few. */
const WORK_PIECE = 2 ** 16;
const FIRST_PIECE = 4096;
/** So many come in pieces that double. What is more goes where it can grow: to join it would take a turn of its own. */
const MOST_IN_PIECES = 2 ** 20;
/** Addresses that are reserved for what grows, and how much of them is made memory at a time. */
const RESERVED = 2 ** 26;
const STEP = 2 ** 20;
/** From here on memory is taken from the system and goes back there, see `resizable`. */
const LARGE = 2 ** 17;

/**
 * Bytes that come bit by bit, in pieces that grow with them: a million chunks of one byte take no more room than one
 * chunk of a million.
 */
export class ByteCollector {
  readonly #full: Uint8Array<ArrayBuffer>[] = [];
  readonly #expected: number | undefined;
  /** What is written byte by byte. */
  #work: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #inWork = 0;
  /** Where the rest goes. */
  #last: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #inLast = 0;
  /** Whether that can be made larger where it is. */
  #grows = false;
  /** Of all but what is in the piece for work. */
  #stored = 0;

  /**
   * @param expected How many will come, if that is known: they are written where they stay. Memory that nothing was
   *   written to costs only addresses, but it must have been admitted: what is announced may be a lie.
   */
  constructor(expected?: number) {
    this.#expected = expected;
  }

  get length(): number {
    return this.#stored + this.#inWork;
  }

  add(bytes: Uint8Array): void {
    this.#store(this.#work.subarray(0, this.#inWork));
    this.#inWork = 0;
    this.#store(bytes);
  }

  addByte(byte: number): void {
    if (this.#inWork === this.#work.length) this.#makeWork();
    this.#work[this.#inWork++] = byte;
  }

  /** Where the next bytes may be written: at least one. */
  room(): Uint8Array<ArrayBuffer> {
    if (this.#inWork === this.#work.length) this.#makeWork();
    return this.#work.subarray(this.#inWork);
  }

  /** So many bytes of the room were written. */
  advance(count: number): void {
    this.#inWork += count;
  }

  /** All of them in one piece, in a buffer of exactly their length. The collector is empty after it. */
  take(): Uint8Array<ArrayBuffer> {
    this.add(new Uint8Array(0));
    if (this.#grows) resize(this.#last.buffer, this.#inLast);
    const whole = this.#full.length === 0 && this.#inLast === this.#last.length;
    const bytes = whole ? this.#last : memory(this.#stored);
    if (!whole) {
      let offset = 0;
      for (const piece of this.#full.splice(0)) {
        bytes.set(piece, offset);
        offset += piece.length;
        releaseBuffer(piece.buffer);
      }
      bytes.set(this.#last.subarray(0, this.#inLast), offset);
      releaseBuffer(this.#last.buffer);
    }
    this.#forget();
    return bytes;
  }

  /** Gives all of it back to the system at once, without waiting for the collector of garbage. It is empty after it. */
  discard(): void {
    for (const { buffer } of [...this.#full, this.#last]) releaseBuffer(buffer);
    this.#forget();
  }

  #forget(): void {
    this.#full.length = 0;
    this.#work = new Uint8Array(0);
    this.#inWork = 0;
    this.#last = new Uint8Array(0);
    this.#inLast = 0;
    this.#grows = false;
    this.#stored = 0;
  }

  #makeWork(): void {
    this.#store(this.#work.subarray(0, this.#inWork));
    this.#inWork = 0;
    const wanted = Math.max(FIRST_PIECE, Math.min(WORK_PIECE, this.#stored >> 1));
    if (this.#work.length < wanted) this.#work = new Uint8Array(wanted);
  }

  #store(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length; ) {
      if (this.#inLast === this.#last.length) this.#grow();
      const part = bytes.subarray(from, from + this.#last.length - this.#inLast);
      this.#last.set(part, this.#inLast);
      this.#inLast += part.length;
      this.#stored += part.length;
      from += part.length;
    }
  }

  #grow(): void {
    const { buffer } = this.#last;
    if (this.#grows && buffer.byteLength < RESERVED) {
      resize(buffer, Math.min(RESERVED, buffer.byteLength + STEP));
      return;
    }
    if (this.#stored === 0 && this.#expected) {
      this.#last = memory(this.#expected);
    } else if (this.#stored < MOST_IN_PIECES) {
      if (this.#last.length > 0) this.#full.push(this.#last);
      this.#last = memory(Math.max(FIRST_PIECE, this.#stored));
    } else {
      const begun =
        this.#grows || this.#stored + STEP > RESERVED ? [] : [...this.#full.splice(0), this.#last];
      if (begun.length === 0) this.#full.push(this.#last);
      const bytes = begun.length === 0 ? STEP : this.#stored + STEP;
      this.#last = new Uint8Array(resizable(bytes, RESERVED));
      this.#grows = true;
      this.#inLast = 0;
      for (const piece of begun) {
        this.#last.set(piece, this.#inLast);
        this.#inLast += piece.length;
        releaseBuffer(piece.buffer);
      }
      return;
    }
    this.#inLast = 0;
  }
}

function memory(bytes: number): Uint8Array<ArrayBuffer> {
  return bytes < LARGE ? new Uint8Array(bytes) : new Uint8Array(resizable(bytes, bytes));
}

// Newer than the types.
interface Resizable extends ArrayBuffer {
  resize(bytes: number): void;
}
type MakeResizable = new (bytes: number, options: { maxByteLength: number }) => Resizable;

/**
 * A buffer that can be made as large as `most`, all 0: pages that the system gives and gets back. What `malloc` was once given in
 * large pieces it keeps, hundreds of megabytes after a load of bodies, since some small thing always lies behind.
 */
function resizable(bytes: number, most: number): ArrayBuffer {
  return new (ArrayBuffer as unknown as MakeResizable)(bytes, { maxByteLength: most });
}

/** Views of all of it have its new length at once. */
function resize(buffer: ArrayBuffer, bytes: number): void {
  (buffer as Resizable).resize(bytes);
}
