import type { Check } from '../report.js';

/** What a check that could be made found. */
export interface Outcome {
  /** What was found, in words. */
  reason: string;
  figures: Check['figures'];
}

/** Thrown by a check that cannot be made here: not a failure. The message says why, in words. */
export class NotHere extends Error {}

/** Thrown by a check that was made and failed, with the figures that show it. */
export class Failed extends Error {
  readonly figures: Check['figures'];

  constructor(reason: string, figures: Check['figures']) {
    super(reason);
    this.figures = figures;
  }
}

/** Makes a check. Never rejects: what goes wrong is the check's reason. */
export async function makeCheck(name: string, work: () => Promise<Outcome>): Promise<Check> {
  const started = performance.now();
  const done = (status: Check['status'], reason: string, figures: Check['figures'] = {}): Check => ({
    name,
    status,
    reason: reason.trim() || 'no reason was given',
    seconds: Math.round((performance.now() - started) / 10) / 100,
    figures,
  });
  try {
    const { reason, figures } = await work();
    return done('passed', reason, figures);
  } catch (error) {
    if (error instanceof NotHere) return done('skipped', error.message);
    const reason = error instanceof Error ? error.message : String(error);
    return done('failed', reason.replace(/\s+/g, ' '), error instanceof Failed ? error.figures : {});
  }
}
