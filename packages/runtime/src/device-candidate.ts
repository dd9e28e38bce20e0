import type { Device } from '@cflow/spec';
import type { Runtime } from './runtime.js';

/** A device that a host may have: one row of its device table. */
export interface DeviceCandidate {
  readonly device: Device;
  /** What it is, for people: the processor's name, the way to it. */
  readonly description: string;
  /** Why it cannot work here, found without starting anything; undefined when it is worth a try. */
  unavailable?(): Promise<string | undefined>;
  /** Why `auto` passes it by although it may work; undefined when it does not. */
  unattractive?(): Promise<string | undefined>;
  /**
   * Rejects with DeviceError when the place cannot be made.
   * @param place Which of several that are used side by side, from 0: they are on cards of their own, as far as there are several
   */
  createRuntime(place?: number): Promise<Runtime>;
}

/** What came of trying a device. */
export interface DeviceReport {
  device: Device;
  description: string;
  available: boolean;
  /** Why it is not available; when it is, why `auto` passes it by, if it does. */
  reason?: string;
  /** Milliseconds that the test took, starting the device included. */
  timeMs: number;
}
