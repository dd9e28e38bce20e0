import type { Row } from '../batches/batch.js';
import { InferenceError } from '../inference-error.js';
import type { LaneFailure } from './lane.js';
import type { Step } from './step-watch.js';

/** Whether a row takes part in a step, which it would meet again in another lane. */
export function blamedOn({ backbone, heads }: Pick<Row, 'backbone' | 'heads'>, step: Step): boolean {
  if (step.kind === 'backbone') return backbone === step.key;
  return step.kind === 'head' && heads.some(({ key }) => key === step.key);
}

/** The error of a row that the lane hung on. */
export function lateError({ reason, step }: LaneFailure): InferenceError {
  const what = step?.kind === 'open' ? 'was not open' : 'did not score';
  return new InferenceError(
    'unavailable',
    `the detector ${what} in its time, and what it hung in was given up; after a few times it is refused for a while`,
    { cause: reason, details: { late: true } },
  );
}

/** The error of a row that lanes died on. */
export function lostError({ reason }: LaneFailure): InferenceError {
  return new InferenceError('unavailable', 'the device was lost while it scored; try again', {
    cause: reason,
  });
}
