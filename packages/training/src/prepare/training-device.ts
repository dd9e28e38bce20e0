import { type DeviceCandidate, type Runtime, selectDevice, testDevice } from '@cflow/runtime';
import { type Device, type DeviceAttempt, type DeviceChoice, DeviceError } from '@cflow/spec';

/** The device of a run, and how many places on it train decoders side by side. */
export interface TrainingDevice {
  device: Device;
  refused: readonly DeviceAttempt[];
  threads: number;
  /** @param place Which of several that are used side by side, from 0. */
  createRuntime(place?: number): Promise<Runtime>;
}

/**
 * The device that was asked for, or the first that computes the built-in probe graphs rightly.
 * @throws DeviceError that lists every device tried
 */
export async function openTrainingDevice(
  choice: DeviceChoice,
  candidates: readonly DeviceCandidate[],
  threads: number,
): Promise<TrainingDevice> {
  const { device, result, refused } = await selectDevice(choice, candidates, async (candidate) => {
    const { available, reason } = await testDevice(candidate);
    if (!available) {
      throw new DeviceError('the device failed its test', [
        { device: candidate.device, reason: reason ?? 'unknown' },
      ]);
    }
    return candidate;
  });
  return { device, refused, threads, createRuntime: (place) => result.createRuntime(place) };
}
