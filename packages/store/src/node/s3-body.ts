import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { StorageError } from '@cflow/spec';
import { wrongContent } from '../wrong-content.js';

/**
 * The bytes of an answer as a stream that asks for more when it is read, that fails when the connection breaks, and
 * that does not end before all bytes were there.
 */
export function answerStream(
  chunks: Readable,
  expected: number | undefined,
  mapError: (error: unknown) => unknown,
): ReadableStream<Uint8Array> {
  const iterator: AsyncIterator<Uint8Array> = chunks[Symbol.asyncIterator]();
  // An error that comes before anybody reads is passed to the reader later; without a listener it would end the process.
  chunks.on('error', () => undefined);
  let received = 0;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await iterator.next();
          if (!done) {
            received += value.length;
            controller.enqueue(new Uint8Array(value.buffer, value.byteOffset, value.length));
          } else if (expected !== undefined && received !== expected) {
            throw new StorageError(
              'store',
              `an answer ended after ${received} of ${expected} bytes; try again`,
              {
                retryable: true,
              },
            );
          } else controller.close();
        } catch (error) {
          controller.error(mapError(error));
        }
      },
      cancel() {
        // The iterator ends nothing that it has not begun to read, and the connection would be held for ever.
        chunks.destroy();
      },
    },
    { highWaterMark: 0 },
  );
}

/** The chunks of a stream; fails at the end when they have not the SHA-256 that they should have. */
export async function* checkedChunks(
  stream: ReadableStream<Uint8Array>,
  key: string,
  sha256: string | undefined,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  const reader = stream.getReader();
  let whole = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      hash.update(value);
      yield value;
    }
    const found = hash.digest('hex');
    if (sha256 !== undefined && found !== sha256) throw wrongContent(key, sha256, found);
    whole = true;
  } finally {
    if (!whole) await reader.cancel().catch(() => undefined);
  }
}
