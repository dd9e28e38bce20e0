/**
 * A byte stream that pulls from an iterable, and ends it when nobody reads any more.
 *
 * @param ended Called when it has come to its end, in whatever way; perhaps twice. What the iterable waits for is to be ended by it
 */
export function streamOf(
  chunks: AsyncIterable<Uint8Array>,
  ended: () => void = () => {},
): ReadableStream<Uint8Array> {
  const source = chunks[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await source.next();
        if (!done) return controller.enqueue(value);
        controller.close();
      } catch (error) {
        controller.error(error);
      }
      ended();
    },
    async cancel() {
      ended();
      await source.return?.();
    },
  });
}
