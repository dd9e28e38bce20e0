import type { IncomingMessage } from 'node:http';

/**
 * The body of a request as a stream. What has arrived is taken all at once: a client that sends a million chunks of one byte
 * has them joined before anything is done for each.
 */
export function bodyStream(incoming: IncomingMessage): ReadableStream<Uint8Array> {
  let wake = (): void => {};
  for (const event of ['readable', 'end', 'error', 'close']) incoming.on(event, () => wake());
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        for (;;) {
          const chunk = incoming.read() as Buffer | null;
          if (chunk) return controller.enqueue(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length));
          if (incoming.complete && incoming.readableLength === 0) return controller.close();
          if (incoming.destroyed) throw incoming.errored ?? new Error('the client has gone');
          await new Promise<void>((resolve) => {
            // Once everything from this turn is there: Node reports each chunk by itself.
            wake = () => setImmediate(resolve);
          });
        }
      },
    },
    { highWaterMark: 0 },
  );
}
