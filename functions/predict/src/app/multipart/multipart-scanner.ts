import { ProblemError } from '../problem.js';

const CR = 13;
const EMPTY = new Uint8Array(0);
/** Of the headers of one part, in bytes: the longest file name that a system has takes less than a kilobyte. */
export const MOST_PART_HEADERS = 8 * 1024;
/** Of one part: three are known (RFC 7578, section 4.8). */
const MOST_HEADER_LINES = 16;

/** Walks over the bytes of a multipart body, with no more in memory than a chunk and the length of a boundary. */
export class MultipartScanner {
  readonly #source: AsyncIterator<Uint8Array>;
  /** CR LF, two dashes, and the boundary. */
  readonly #delimiter: Uint8Array;
  // The body begins with a boundary without a line before it.
  #held: Uint8Array = new Uint8Array([13, 10]);
  /** Bytes behind those held that nobody has seen yet, in a buffer of our own. */
  #room = 0;

  /** Whether the next boundary is still ahead. */
  inPart = true;

  constructor(chunks: AsyncIterable<Uint8Array>, boundary: string) {
    this.#source = chunks[Symbol.asyncIterator]();
    this.#delimiter = new TextEncoder().encode(`\r\n--${boundary}`);
  }

  /** What comes before the next boundary; the boundary is passed over. */
  async *untilBoundary(): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      const found = this.#find();
      if (found.at > 0) yield this.#take(found.at);
      if (found.whole) {
        this.#take(this.#delimiter.length);
        this.inPart = false;
        return;
      }
      await this.#more();
    }
  }

  /** After a boundary: whether a part follows, or it was the last one. */
  async hasNextPart(): Promise<boolean> {
    await this.#atLeast(2);
    if (this.#held[0] === 45 && this.#held[1] === 45) {
      this.#take(2);
      return false;
    }
    // Blanks may follow a boundary (RFC 2046); nobody sends them, and more than a few are an attack.
    for (let blanks = 0; this.#held[0] === 32 || this.#held[0] === 9; blanks++) {
      if (blanks === 64) throw malformed('too many blanks after a boundary');
      this.#take(1);
      await this.#atLeast(2);
    }
    if (this.#held[0] !== CR || this.#held[1] !== 10)
      throw malformed('expected a line to end after a boundary');
    return true;
  }

  /** The lines of a part's headers. The line end before them is there still, the empty line after them is passed over. */
  async headerLines(): Promise<string[]> {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    const lines: string[] = [];
    let bytes = 0;
    // Behind the line end that stands before them.
    await this.#atLeast(2);
    this.#take(2);
    for (let from = 0; ; ) {
      const at = this.#held.indexOf(CR, from);
      if (bytes + (at < 0 ? this.#held.length : at) > MOST_PART_HEADERS) {
        throw malformed(`the headers of a part have more than ${MOST_PART_HEADERS} bytes`);
      }
      if (at < 0 || at + 1 === this.#held.length) {
        from = at < 0 ? this.#held.length : at;
        await this.#more();
        continue;
      }
      if (this.#held[at + 1] !== 10) throw malformed('expected the lines of headers to end in CR LF');
      if (at === 0) break;
      if (lines.length === MOST_HEADER_LINES) {
        throw malformed(`a part has more than ${MOST_HEADER_LINES} headers`);
      }
      try {
        lines.push(decoder.decode(this.#take(at)));
      } catch {
        throw malformed('expected the headers of a part in UTF-8');
      }
      this.#take(2);
      bytes += at + 2;
      from = 0;
    }
    this.#take(2);
    this.inPart = true;
    return lines;
  }

  /** Whatever follows the last boundary means nothing, but has to arrive. */
  async toEnd(): Promise<void> {
    this.#held = EMPTY;
    this.#room = 0;
    while (!(await this.#source.next()).done);
  }

  async close(): Promise<void> {
    await this.#source.return?.();
  }

  // Where the delimiter begins, or where it may begin once more has arrived.
  #find(): { at: number; whole: boolean } {
    const delimiter = this.#delimiter;
    const held = this.#held;
    for (let at = held.indexOf(CR); at >= 0; ) {
      const length = Math.min(delimiter.length, held.length - at);
      let same = 1;
      while (same < length && held[at + same] === delimiter[same]) same++;
      if (same === length) return { at, whole: length === delimiter.length };
      // No CR is in what was the same, since none is in a boundary; so no byte is looked at for two beginnings.
      at += same;
      if (held[at] !== CR) at = held.indexOf(CR, at);
    }
    return { at: held.length, whole: false };
  }

  #take(length: number): Uint8Array {
    const taken = this.#held.subarray(0, length);
    this.#held = this.#held.subarray(length);
    return taken;
  }

  async #atLeast(length: number): Promise<void> {
    while (this.#held.length < length) await this.#more();
  }

  async #more(): Promise<void> {
    const { done, value } = await this.#source.next();
    if (done) throw malformed('the form ends before its last boundary');
    if (this.#held.length === 0) {
      this.#held = value;
      this.#room = 0;
      return;
    }
    this.#append(value);
  }

  // Into a buffer that has room for as much again as is held, since chunks may be of a byte each: to copy all that is
  // held for each would be quadratic. What was given on lies in front and is never written to.
  #append(chunk: Uint8Array): void {
    const held = this.#held;
    const length = held.length + chunk.length;
    if (chunk.length > this.#room) {
      const grown = new Uint8Array(length + held.length);
      grown.set(held);
      grown.set(chunk, held.length);
      this.#held = grown.subarray(0, length);
      this.#room = held.length;
      return;
    }
    const grown = new Uint8Array(held.buffer as ArrayBuffer, held.byteOffset, length);
    grown.set(chunk, held.length);
    this.#held = grown;
    this.#room -= chunk.length;
  }
}

function malformed(detail: string): ProblemError {
  return new ProblemError('invalid-request', `the body is not a multipart form: ${detail}`);
}
