import type { RawOutput, Row } from '../batches/batch.js';
import { abortReason } from '../inference-error.js';
import type { LanePool } from './lane-pool.js';

/**
 * Puts an image into the queue, and waits for the outputs of its heads. Rejects as the pool does, and with the signal's
 * reason; a row that has not begun then leaves the queue.
 */
export function scoreRow(
  pool: LanePool,
  image: Omit<Row, 'attempts' | 'resolve' | 'reject'>,
  signal: AbortSignal,
): Promise<RawOutput[]> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) throw abortReason(signal);
    const abort = (): void => {
      withdraw();
      reject(abortReason(signal));
    };
    const withdraw = pool.submit({
      ...image,
      attempts: 0,
      resolve: (outputs) => {
        signal.removeEventListener('abort', abort);
        resolve(outputs);
      },
      reject: (error) => {
        signal.removeEventListener('abort', abort);
        reject(error);
      },
    });
    signal.addEventListener('abort', abort, { once: true });
  });
}
