import { type Device, DeviceError } from '@cflow/spec';
import type { Step } from './step-watch.js';

/** Why calls of a lane reject when it is gone without having been disposed of. */
export function laneGone(device: Device, reason: string): DeviceError {
  const message = 'the place where the model ran is gone; a new one may work';
  return new DeviceError(message, [{ device, reason }], { retryable: true });
}

/** Says that a step did not end in its time. */
export function lateness(step: Step | undefined, limitMs: number): string {
  const what = step?.kind === 'open' ? 'opening a detector' : 'a run';
  return `${what} did not end within ${Math.round(limitMs)} ms`;
}
