import { IncomingMessage } from 'node:http';

/** Chunks in one read of a connection from which on they count as many: clients that write by the kilobyte send 60. */
const MANY = 128;
/** Milliseconds that everybody else has between two reads of many chunks. */
const REST_MS = 20;

/**
 * Requests whose bodies take little time, however they are cut. One read of a connection may hold ten thousand chunks, and
 * what Node's stream does for each is five times what it takes to keep it: many are kept, and handed on as one. What remains
 * are some ten milliseconds for a read; so connections that send many chunks at a time are read one after the other, with a
 * rest in between.
 *
 * @returns a class for `createServer`; its requests share one order
 */
export function meteredMessages(): typeof IncomingMessage {
  const waiting: (() => void)[] = [];
  let resting = false;

  const next = (): void => {
    const read = waiting.shift();
    resting = read !== undefined;
    read?.();
    // What there is to read has been read when this turn is over.
    if (resting) setImmediate(() => setTimeout(next, REST_MS).unref());
  };

  return class MeteredMessage extends IncomingMessage {
    /** Since the event loop last looked for what has come. */
    #chunks = 0;
    #kept: Uint8Array[] = [];
    #sendsMany = false;

    override push(chunk: Uint8Array | null, encoding?: BufferEncoding): boolean {
      if (chunk === null) {
        this.#handOn();
        return super.push(null);
      }
      if (this.#chunks++ === 0) setImmediate(() => this.#handOn());
      if (this.#chunks < MANY) return super.push(chunk, encoding);
      this.#kept.push(chunk);
      // The connection is not read until `_read` asks for more.
      return false;
    }

    override _read(size: number): void {
      // Asked again when what is kept has been handed on.
      if (this.#kept.length > 0) return;
      if (this.#sendsMany) {
        this.#sendsMany = false;
        waiting.push(() => super._read(size));
        if (!resting) next();
      } else {
        super._read(size);
      }
    }

    #handOn(): void {
      this.#chunks = 0;
      if (this.#kept.length === 0) return;
      const joined = Buffer.concat(this.#kept);
      this.#kept = [];
      this.#sendsMany = true;
      super.push(joined);
    }
  };
}
