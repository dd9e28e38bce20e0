import type { DeviceCandidate, SessionOptions } from '@cflow/runtime';
import type { Lane } from './lane.js';
import type { InferenceObserver } from './observer.js';
import type { StepLimits } from './step-watch.js';

/** How the lanes of a device are to be. */
export interface LanePoolOptions {
  /** Places on the device that work side by side. */
  lanes: number;
  /** Sizes that batches are padded to, ascending. */
  batchSizes: readonly number[];
  /** Those of them that are run once before a detector counts as loaded. */
  warmSizes: readonly number[];
  /** How long an image may wait for others while a lane is free. */
  maxWaitMs: number;
  /** How heads are opened. */
  headOptions?: SessionOptions | undefined;
  /** How long the engine may take; left out, nobody looks at the clock. */
  limits?: StepLimits | undefined;
  /**
   * Makes a lane in a process of its own, which takes a device that is lost along with it. Left out, lanes live in a
   * runtime of the device, in this process.
   */
  startProcess?: ((candidate: DeviceCandidate, options: LanePoolOptions) => Lane) | undefined;
  now(): number;
  observer: InferenceObserver;
}

/** The smallest of the sizes that holds so many images; more than the largest are not padded. */
export function sizeOf(batchSizes: readonly number[], count: number): number {
  return batchSizes.find((size) => size >= count) ?? count;
}
