import type { Device } from '@cflow/spec';

/** Devices that are checked: those that are no CPU. */
export type CheckedDevice = Extract<Device, 'webgpu' | 'cuda'>;

/** What a check is told. It runs in a process of its own. */
export interface CheckJob {
  check: string;
  device: CheckedDevice;
  quick: boolean;
  /** Whether the device is software, on which only small cases end in time. */
  software: boolean;
  /** A bundle that was trained on the CPU. */
  bundle: string;
  /** For files of the check's own. */
  folder: string;
}
