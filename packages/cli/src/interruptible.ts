import { endBySignal } from '@cflow/runtime/node';
import { CflowError } from '@cflow/spec';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
/** Hosts wait 10 seconds from SIGTERM to SIGKILL. What hangs in native code is not waited for any longer. */
const MOST_MS = 9000;

/**
 * Runs work that can be stopped: the first SIGINT or SIGTERM aborts its signal, with an error that carries the exit
 * code, so that it can save what it has. A second SIGINT ends the process at once, and so does SIGTERM when the work has not
 * ended after a while.
 *
 * @param mostMs Milliseconds from SIGTERM until then. Default 9000
 */
export async function interruptible<T>(
  work: (signal: AbortSignal) => Promise<T>,
  { mostMs = MOST_MS }: { mostMs?: number } = {},
): Promise<T> {
  const controller = new AbortController();
  let late: NodeJS.Timeout | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (!controller.signal.aborted) {
      controller.abort(
        new CflowError('interrupted', `stopped by ${signal}`, { retryable: true, details: { signal } }),
      );
      if (signal === 'SIGTERM') late = setTimeout(() => endBySignal(signal), mostMs);
    } else if (signal === 'SIGINT') {
      // Without a listener the signal does what it does by default. A terminal is left with a visible cursor.
      process.removeAllListeners('SIGINT');
      if (process.stderr.isTTY) process.stderr.write('\x1b[?25h\n');
      process.kill(process.pid, 'SIGINT');
    }
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(late);
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
}

export function isInterruption(error: unknown): error is CflowError {
  return CflowError.isInstance(error) && error.code === 'interrupted';
}
