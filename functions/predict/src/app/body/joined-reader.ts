/** What a reader of a body is asked for. */
export interface BodyReader {
  read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>;
  cancel(reason?: unknown): Promise<void>;
}

/** Cloudflare's addition to readers of bytes. */
interface AtLeastReader extends BodyReader {
  readAtLeast(bytes: number, into: Uint8Array): ReturnType<BodyReader['read']>;
}

/** Bytes that are waited for, unless the body ends before. */
const PIECE = 2 ** 14;

/**
 * Reads a body. Where the runtime can join chunks before it hands them over, as Cloudflare's can, it does: a client may send a
 * million chunks of one byte, and each would cost what a piece costs. On Node the host joins them.
 */
export function joinedReader(body: ReadableStream<Uint8Array>): BodyReader {
  const { ReadableStreamBYOBReader: Reader } = globalThis as {
    ReadableStreamBYOBReader?: { prototype: object };
  };
  if (!Reader || !('readAtLeast' in Reader.prototype)) return body.getReader();
  let reader: AtLeastReader;
  try {
    reader = body.getReader({ mode: 'byob' }) as unknown as AtLeastReader;
  } catch {
    // Not one of bytes: made by a program, which has its own pieces.
    return body.getReader();
  }
  return {
    async read() {
      const { done, value } = await reader.readAtLeast(PIECE, new Uint8Array(PIECE));
      // What came before the end comes with it.
      return value && value.length > 0 ? { done: false, value } : { done };
    },
    cancel: (reason) => reader.cancel(reason),
  };
}
