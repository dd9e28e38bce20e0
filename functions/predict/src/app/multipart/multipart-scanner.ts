import { ProblemError } from '../problem.js';

const CR = 13;
const EMPTY = new Uint8Array(0);
/** Of the headers of one part, in bytes. */
const MOST_HEADERS = 16 * 1024;

/** Walks over the bytes of a multipart body, with no more in memory than a chunk and the length of a boundary. */
export class MultipartScanner {
  readonly #source: AsyncIterator<Uint8Array>;
  /** CR LF, two dashes, and the boundary. */
  readonly #delimiter: Uint8Array;
  // The body begins with a boundary without a line before it.
  #held: Uint8Array = new Uint8Array([13, 10]);

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

  /** The headers of a part, without the empty line after them. The line end before them is there still. */
  async headerBlock(): Promise<string> {
    for (let from = 0; ; ) {
      for (let at = this.#held.indexOf(CR, from); at >= 0; at = this.#held.indexOf(CR, at + 1)) {
        const { [at + 1]: second, [at + 2]: third, [at + 3]: fourth } = this.#held;
        if (second !== 10 || third !== CR || fourth !== 10) continue;
        const block = this.#take(at);
        this.#take(4);
        this.inPart = true;
        try {
          return new TextDecoder('utf-8', { fatal: true }).decode(block);
        } catch {
          throw malformed('expected the headers of a part in UTF-8');
        }
      }
      if (this.#held.length > MOST_HEADERS) throw malformed('the headers of a part are too long');
      from = Math.max(this.#held.length - 3, 0);
      await this.#more();
    }
  }

  /** Whatever follows the last boundary means nothing, but has to arrive. */
  async toEnd(): Promise<void> {
    this.#held = EMPTY;
    while (!(await this.#source.next()).done);
  }

  async close(): Promise<void> {
    await this.#source.return?.();
  }

  // Where the delimiter begins, or where it may begin once more has arrived.
  #find(): { at: number; whole: boolean } {
    const delimiter = this.#delimiter;
    const held = this.#held;
    for (let at = held.indexOf(CR); at >= 0; at = held.indexOf(CR, at + 1)) {
      const length = Math.min(delimiter.length, held.length - at);
      let same = 1;
      while (same < length && held[at + same] === delimiter[same]) same++;
      if (same === length) return { at, whole: length === delimiter.length };
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
      return;
    }
    const joined = new Uint8Array(this.#held.length + value.length);
    joined.set(this.#held);
    joined.set(value, this.#held.length);
    this.#held = joined;
  }
}

function malformed(detail: string): ProblemError {
  return new ProblemError('invalid-request', `the body is no multipart form: ${detail}`);
}
