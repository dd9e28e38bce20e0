import { ProblemError } from '../problem.js';
import type { ContentDecoder } from './content-codings.js';

/**
 * Bytes that are given to a decoder at once. Some runtimes keep all that comes of them in memory until it is read, which
 * of gzip is a thousand times as much.
 */
const BYTES_AT_ONCE = 4096;

/**
 * Decodes compressed bytes as they arrive, and no more than the reader asks for, so that a reader who counts can stop long
 * before a few bytes fill all memory.
 *
 * Throws what reading the chunks throws, and ProblemError `invalid-request` when they are not coded as is said.
 *
 * @param coding What it is called, for the message
 */
export async function* decodedChunks(
  chunks: AsyncIterable<Uint8Array>,
  coding: string,
  { readable, writable }: ContentDecoder,
): AsyncGenerator<Uint8Array, void, undefined> {
  let failure: { error: unknown } | undefined;
  const writer = writable.getWriter();
  // Errors surface on the reader's side.
  writer.closed.catch(() => {});
  const feed = async (): Promise<void> => {
    try {
      for await (const chunk of chunks) {
        for (let at = 0; at < chunk.length; at += BYTES_AT_ONCE) {
          await writer.ready;
          await writer.write(chunk.subarray(at, at + BYTES_AT_ONCE));
        }
      }
      await writer.close();
    } catch (error) {
      failure = { error };
      await writer.abort(error).catch(() => {});
    }
  };
  const reader = readable.getReader();
  const fed = feed();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      yield value;
    }
    await fed;
    if (failure) throw failure.error;
  } catch (error) {
    // A decoder that was given up says so in words of its own; why is what counts.
    const cause = failure?.error ?? error;
    if (cause instanceof ProblemError) throw cause;
    throw new ProblemError(
      'invalid-request',
      `the body is not ${coding}, as Content-Encoding says, or it is damaged; send it again, or as it is`,
      { cause },
    );
  } finally {
    reader.cancel().catch(() => {});
    writer.abort().catch(() => {});
  }
}
