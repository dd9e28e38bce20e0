import type { TrainedBundle } from '@cflow/sdk/local';
import type { LocalPlace } from './place.js';

/** A detector that this tab has trained, and that no service knows yet. */
export interface TrainedHere {
  /** Of this tab. */
  id: string;
  bundle: TrainedBundle;
  /** The device that it was trained on, and so can score on. */
  device: LocalPlace;
  /** Known when it has scored. */
  version?: string | undefined;
}

export interface ChosenDetector {
  name: string;
  /** An alias or a version; for a detector that was trained here, its id. */
  reference: string;
  /** The version that the alias means, as far as the page knows. */
  version?: string | undefined;
  trained?: TrainedHere | undefined;
}
