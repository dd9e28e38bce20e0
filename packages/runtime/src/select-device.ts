import { CflowError, type Device, type DeviceAttempt, type DeviceChoice, DeviceError } from '@cflow/spec';
import type { DeviceCandidate } from './device-candidate.js';
import { reasonOf } from './reason-of.js';

export interface SelectedDevice<T> {
  device: Device;
  /** What the attempt gave: a runtime, a session, both. */
  result: T;
  /** The devices that came before it and why each was refused; empty when the device was named. */
  refused: readonly DeviceAttempt[];
}

/**
 * A named device is tried and nothing else; `auto` tries the candidates in their order and takes the first whose
 * attempt succeeds. Rejects with DeviceError that lists every attempt. An error that is not about the device (a
 * damaged bundle, a wrong option) would be the same on the next one and is thrown as it is.
 */
export async function selectDevice<T>(
  choice: DeviceChoice,
  candidates: readonly DeviceCandidate[],
  attempt: (candidate: DeviceCandidate) => Promise<T>,
): Promise<SelectedDevice<T>> {
  const wanted = choice === 'auto' ? candidates : candidates.filter(({ device }) => device === choice);
  if (wanted.length === 0) {
    const known = candidates.map(({ device }) => device).join(', ') || 'none';
    throw new DeviceError(`no such device on this host; it knows: ${known}`, [
      { device: choice, reason: 'not known to this host' },
    ]);
  }
  const refused: DeviceAttempt[] = [];
  for (const candidate of wanted) {
    const { device } = candidate;
    const reason =
      (await candidate.unavailable?.()) ?? (choice === 'auto' ? await candidate.unattractive?.() : undefined);
    if (reason !== undefined) {
      refused.push({ device, reason });
      continue;
    }
    try {
      return { device, result: await attempt(candidate), refused };
    } catch (error) {
      if (CflowError.isInstance(error) && error.code !== 'device') throw error;
      refused.push({ device, reason: reasonOf(error) });
    }
  }
  throw new DeviceError(
    choice === 'auto' ? 'no device could run the model' : `the device ${choice} cannot run the model`,
    refused,
  );
}
