import { type DeviceCandidate, type DeviceReport, testDevice } from '@cflow/runtime';
import { nodeDevices, probeInChildProcess } from '@cflow/runtime/node';
import type { DeviceChoice } from '@cflow/spec';

export interface DeviceCheckOptions {
  /** What the service was told to run on. */
  device: DeviceChoice | undefined;
  /** Default: the devices of this machine, each tried in a process of its own. */
  devices?: readonly DeviceCandidate[] | undefined;
}

/** Why the device that was named cannot be used here, as far as that is known without starting it. */
export async function deviceMissing(options: DeviceCheckOptions): Promise<string | undefined> {
  return (await candidateOf(options))?.unavailable?.();
}

/** Why the device that was named does not work: tried by small graphs. For a service that has no detector to try it with. */
export async function deviceFailing(options: DeviceCheckOptions): Promise<string | undefined> {
  const candidate = await candidateOf(options);
  if (!candidate) return undefined;
  const test: (candidate: DeviceCandidate) => Promise<DeviceReport> = options.devices
    ? testDevice
    : probeInChildProcess;
  const { available, reason } = await test(candidate);
  return available ? undefined : reason;
}

/** `auto` takes what there is, so that nothing can be missing; the CPU always is there. */
async function candidateOf({ device, devices }: DeviceCheckOptions): Promise<DeviceCandidate | undefined> {
  if (device === undefined || device === 'auto' || device === 'cpu') return undefined;
  return (devices ?? (await nodeDevices())).find((each) => each.device === device);
}
