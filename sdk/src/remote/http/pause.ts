import { AbortedError } from '../../errors.js';

/** Waits; rejects with AbortedError as soon as the signal aborts. */
export function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(aborted(signal));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    if (signal?.aborted) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
}

/** The error of a call that its caller has ended. */
export function aborted(signal: AbortSignal | undefined): AbortedError {
  return new AbortedError('the call was ended by its signal', { cause: signal?.reason });
}
