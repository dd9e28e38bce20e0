import { ArgumentError } from '../../errors.js';

/** Bytes in any form, without those that must be fetched or encoded. */
export type Bytes =
  | Blob
  | ArrayBuffer
  | ArrayBufferView
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>;

/** Bytes of a stream that is collected in memory at most. */
const MOST_COLLECTED = 2 ** 28;

/**
 * Bytes as a Blob, which can be sent more than once; undefined when it is not one of `Bytes`. Reads streams to their end.
 */
export async function blobOf(input: unknown): Promise<Blob | undefined> {
  if (input instanceof Blob) return input;
  // Copied: also from shared memory, which a Blob refuses.
  if (ArrayBuffer.isView(input)) {
    return new Blob([new Uint8Array(input.buffer, input.byteOffset, input.byteLength).slice()]);
  }
  if (Object.prototype.toString.call(input) === '[object ArrayBuffer]')
    return new Blob([input as ArrayBuffer]);
  const chunks = chunksOf(input);
  return chunks && collect(chunks);
}

/** What a stream yields, whichever of the two kinds it is; undefined when it is not a stream. */
export function chunksOf(input: unknown): AsyncIterable<Uint8Array> | undefined {
  if (typeof input !== 'object' || input === null) return undefined;
  if (Symbol.asyncIterator in input) return input as AsyncIterable<Uint8Array>;
  // Not every browser can iterate over its own streams.
  return 'getReader' in input ? read(input as ReadableStream<Uint8Array>) : undefined;
}

async function* read(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Blob> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    if (!ArrayBuffer.isView(chunk)) {
      throw new ArgumentError(`expected a stream of bytes, got ${typeof chunk}`);
    }
    size += chunk.byteLength;
    if (size > MOST_COLLECTED) {
      throw new ArgumentError(`expected at most ${MOST_COLLECTED} bytes in a stream; give a Blob instead`);
    }
    parts.push(new Uint8Array(chunk));
  }
  return new Blob(parts);
}
