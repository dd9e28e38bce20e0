import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { WeightsError } from '@cflow/spec';
import { byHand, type HubRequests, type HubTarget, networkError, RangeIgnoredError } from './hub-requests.js';

export interface PullProgress {
  /** Bytes so far. */
  received: number;
  /** Bytes of the whole file. */
  total: number;
}

const RETRIES = 3;
const RETRY_DELAY_MS = 250;

/**
 * Streams a file of the hub into `file`. A connection that is cut is taken up again where it stopped, up to three
 * times in a row without progress.
 *
 * @returns SHA-256 of what was written, in hexadecimal.
 * @throws WeightsError when the connection stays down or more bytes come than were declared; errors of the file system.
 */
export async function downloadTo(
  file: FileHandle,
  blob: Blob,
  target: HubTarget,
  requests: HubRequests,
  options: {
    signal?: AbortSignal | undefined;
    onProgress?: ((progress: PullProgress) => void) | undefined;
  } = {},
): Promise<string> {
  const total = blob.size;
  let hash = createHash('sha256');
  let received = 0;
  let failures = 0;
  while (received < total) {
    requests.failure = undefined;
    const chunks = blob.slice(received).stream().getReader();
    try {
      for (;;) {
        const { done, value } = await readChunk(chunks, requests, target);
        if (done) break;
        if (received + value.length > total) {
          throw new WeightsError(
            `${target.endpoint} sent more than the ${total} bytes that it declared. ${byHand(target)}`,
            {
              details: { ...target, total },
            },
          );
        }
        hash.update(value);
        await writeAll(file, value, received);
        received += value.length;
        failures = 0;
        options.onProgress?.({ received, total });
      }
      if (received < total) throw networkError(new Error('the connection was closed early'), target);
    } catch (error) {
      await chunks.cancel().catch(() => {});
      options.signal?.throwIfAborted();
      if (error instanceof RangeIgnoredError) {
        hash = createHash('sha256');
        received = 0;
      } else if (!WeightsError.isInstance(error) || !error.retryable) {
        throw error;
      }
      failures += 1;
      if (failures > RETRIES) throw error;
      await delay(
        RETRY_DELAY_MS * 2 ** failures,
        undefined,
        options.signal ? { signal: options.signal } : {},
      );
    }
  }
  return hash.digest('hex');
}

async function readChunk(
  chunks: ReadableStreamDefaultReader<Uint8Array>,
  requests: HubRequests,
  target: HubTarget,
): Promise<Awaited<ReturnType<typeof chunks.read>>> {
  try {
    return await chunks.read();
  } catch (error) {
    throw requests.failure ?? networkError(error, target);
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written, position + written);
    written += bytesWritten;
  }
}
