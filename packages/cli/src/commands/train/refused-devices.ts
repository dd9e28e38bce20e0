import type { DeviceAttempt } from '@cflow/spec';
import { printable } from '../../terminal/printable.js';

/** Devices that were passed by, each with the first clause of its reason; `cflow doctor` has the whole. */
export function refusedText(refused: readonly DeviceAttempt[]): string {
  const parts = refused.map(
    ({ device, reason }) => `not on ${device}: ${reason.split(/[:;(\n]/, 1)[0]?.trim()}`,
  );
  return printable(parts.length > 0 ? `${parts.join('; ')} ("cflow doctor" says more)` : '');
}
