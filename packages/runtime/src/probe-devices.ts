import type { DeviceCandidate, DeviceReport } from './device-candidate.js';
import { testDevice } from './test-device.js';

/**
 * The device table of this host: each candidate tried, one after the other, in the given order. `test` may try it
 * elsewhere, e.g. in a child process that a crash does not take along. Never rejects because of a device.
 */
export async function probeDevices(
  candidates: readonly DeviceCandidate[],
  test: (candidate: DeviceCandidate) => Promise<DeviceReport> = testDevice,
): Promise<DeviceReport[]> {
  const reports: DeviceReport[] = [];
  for (const candidate of candidates) reports.push(await test(candidate));
  return reports;
}
