import type { DeviceAttempt } from '@cflow/spec';
import { printable } from '../../terminal/printable.js';

/** Devices that were passed over, each with the first clause of the reason; `cflow doctor` shows all of it. */
export function refusedText(refused: readonly DeviceAttempt[]): string {
  const parts = refused.map(
    ({ device, reason }) => `not on ${device}: ${reason.split(/[:;(\n]/, 1)[0]?.trim()}`,
  );
  return printable(parts.length > 0 ? `${parts.join('; ')} ("cflow doctor" says more)` : '');
}
