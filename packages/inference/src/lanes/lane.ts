import type { VerifiedBundle } from '@cflow/detector';
import type { DeviceError } from '@cflow/spec';
import type { RawOutput, Row } from '../batches/batch.js';
import type { Step, StepWatch } from './step-watch.js';

/** Why a lane is gone. */
export interface LaneFailure {
  reason: DeviceError;
  /** What it was at, as far as is known. */
  step: Step | undefined;
  /** True when the step did not end in its time: it would not in another lane, either. */
  late: boolean;
}

/** One place on a device, with the sessions of all detectors in it. What is run here is run one after the other. */
export interface Lane {
  /** Set once, when it is gone without having been disposed of; every call then rejects. */
  readonly failure: LaneFailure | undefined;
  /**
   * Opens a detector: the head, and the backbone unless it is here already; runs the golden probe and every size of
   * `warmSizes` once. Calls must not overlap.
   *
   * @returns sizes of batches that the device gains from, ascending, where they were measured
   */
  open(
    key: string,
    bundle: VerifiedBundle,
    warmSizes: readonly number[],
  ): Promise<readonly number[] | undefined>;
  /** Frees a detector's head, and its backbone when nobody else uses it. */
  close(key: string): Promise<void>;
  /**
   * Scores rows of one backbone: for each row one output per head, or the error that affects this row alone.
   *
   * @param afterBackbone called when the next batch may come: it is then queued on the device already
   * @param watch told of this run's calls of the engine
   */
  run(
    rows: readonly Row[],
    afterBackbone: () => void,
    watch?: StepWatch | undefined,
  ): Promise<(RawOutput[] | DeviceError)[]>;
  /** Waits for what is running, and frees the place. */
  dispose(): Promise<void>;
  /** Rejects everything under way at once. Resolves when nothing of it runs any more, which may be never. */
  abandon(): Promise<void>;
}
