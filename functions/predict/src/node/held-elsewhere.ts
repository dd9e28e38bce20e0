import { CflowError } from '@cflow/spec';
import { ProblemError } from '../app/problem.js';

/** Another process has the embedded database of the jobs: only one can, while any number score from one folder. */
export class HeldElsewhere extends ProblemError {
  constructor(who: string, cause: unknown) {
    super(
      'unavailable',
      `the jobs of this store are with another process${who}; ask that one, or end it, and they come here. ` +
        'PostgreSQL (DATABASE_URL) allows any number',
      { cause, headers: { 'retry-after': '5' } },
    );
    this.name = 'HeldElsewhere';
  }
}

/** What is to be said of an error of the lock of the folder; undefined for any other. */
export function heldElsewhere(error: unknown): HeldElsewhere | undefined {
  if (!CflowError.isInstance(error)) return undefined;
  const { reason, owner } = error.details as {
    reason?: unknown;
    owner?: { pid: number; host: string; since: string };
  };
  if (reason !== 'in-use') return undefined;
  return new HeldElsewhere(
    owner ? ` (process ${owner.pid} on ${owner.host}, since ${owner.since})` : '',
    error,
  );
}
