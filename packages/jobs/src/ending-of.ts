import { jobSchema } from '@cflow/spec';
import type { AttemptLease } from './attempt-lease.js';
import { failureOf } from './failure.js';
import type { JobOutcome } from './jobs.js';
import type { Ending } from './next-state.js';

/** What came of a handler. `unsettled`: its signal aborted, and it did not stop in time. */
export type Settlement =
  | { type: 'resolved'; outcome: JobOutcome }
  | { type: 'rejected'; error: unknown }
  | { type: 'unsettled' };

/** Waits for the handler; after the signal aborts for at most the milliseconds that `patience` then gives. */
export async function settlement(
  handled: Promise<JobOutcome>,
  signal: AbortSignal,
  patience: () => number,
): Promise<Settlement> {
  let timer: NodeJS.Timeout | undefined;
  const unsettled = new Promise<Settlement>((resolve) => {
    const wait = (): void => {
      timer = setTimeout(() => resolve({ type: 'unsettled' }), patience());
    };
    if (signal.aborted) wait();
    else signal.addEventListener('abort', wait, { once: true });
  });
  const settled = handled.then(
    (outcome): Settlement => ({ type: 'resolved', outcome }),
    (error): Settlement => ({ type: 'rejected', error }),
  );
  const first = await Promise.race([settled, unsettled]);
  clearTimeout(timer);
  return first;
}

const resultSchema = jobSchema.shape.result.unwrap();

/**
 * A result counts even when the handler had been told to stop. Otherwise the interruption decides: cancelled and timed
 * out jobs end, others go back to the queue. Without one it is the error that decides.
 */
export function endingOf(
  settled: Settlement,
  lease: Pick<AttemptLease, 'interruption' | 'claimedVersion'>,
): Ending {
  if (settled.type === 'resolved') return resultOf(settled.outcome, lease.claimedVersion);
  switch (lease.interruption) {
    case 'cancelled':
      return { type: 'cancelled' };
    case 'timeout':
      return {
        type: 'failed',
        error: {
          code: 'timeout',
          message: 'the attempt took longer than "timeoutSeconds" of the job allows',
        },
        retryable: false,
      };
    case 'stopped':
    case 'lease-lost':
      return { type: 'released' };
    case undefined:
      return { type: 'failed', ...failureOf(settled.type === 'rejected' ? settled.error : undefined) };
  }
}

function resultOf(outcome: JobOutcome, claimed: string | undefined): Ending {
  const parsed = resultSchema.safeParse(outcome);
  if (parsed.success && (claimed === undefined || claimed === parsed.data.version)) {
    return { type: 'succeeded', result: parsed.data };
  }
  const message = parsed.success
    ? 'the training ended with another version than the one that was claimed for the job'
    : 'the training ended with something that is not a result';
  return { type: 'failed', error: { code: 'internal', message }, retryable: false };
}
