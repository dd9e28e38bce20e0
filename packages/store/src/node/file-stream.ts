import type { FileHandle } from 'node:fs/promises';
import { storageErrorOf } from '@cflow/detector/node';

const CHUNK = 2 ** 18;

/** Bytes of an open file, read when they are asked for and not before. Closes the file when done, cancelled or aborted. */
export function fileStream(
  handle: FileHandle,
  name: string,
  { start, end }: { start: number; end: number },
  signal?: AbortSignal,
): ReadableStream<Uint8Array> {
  let position = start;
  let abort: (() => void) | undefined;
  const close = async (): Promise<void> => {
    if (abort) signal?.removeEventListener('abort', abort);
    await handle.close().catch(() => undefined);
  };
  return new ReadableStream<Uint8Array>(
    {
      async start(controller) {
        abort = () => {
          controller.error(signal?.reason);
          void close();
        };
        // It may have aborted while the file was being opened.
        if (signal?.aborted) return abort();
        signal?.addEventListener('abort', abort);
        if (position > end) {
          controller.close();
          await close();
        }
      },
      async pull(controller) {
        try {
          const chunk = new Uint8Array(Math.min(CHUNK, end - position + 1));
          const { bytesRead } = await handle.read(chunk, 0, chunk.length, position);
          if (signal?.aborted) return;
          position += bytesRead;
          if (bytesRead > 0) controller.enqueue(chunk.subarray(0, bytesRead));
          if (bytesRead > 0 && position <= end) return;
          controller.close();
        } catch (error) {
          if (signal?.aborted) return;
          controller.error(storageErrorOf(error, name));
        }
        await close();
      },
      cancel: close,
    },
    { highWaterMark: 0 },
  );
}
