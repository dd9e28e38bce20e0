import { InferenceError } from '@cflow/inference';
import type { AppParts } from './parts.js';

/**
 * Refuses a request with images before its body is read, when there is no place even for one. Places are taken once it
 * has been read and the images are counted: a slow sender holds none.
 * Throws InferenceError `queue-full`.
 */
export function refuseWhenFull({ inference }: Pick<AppParts, 'inference'>): void {
  const { length, capacity, retryAfterSeconds = 1 } = inference.status().queue;
  if (length < capacity) return;
  throw new InferenceError(
    'queue-full',
    `the queue is full: ${length} of ${capacity} images are waiting; try again in ${retryAfterSeconds} s`,
    { details: { retryAfterSeconds, length, capacity } },
  );
}
