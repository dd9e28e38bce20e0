/** Whether the service can score, as far as it knows without trying. */
export interface ScoringHealth {
  /** `stalled` while no lane works; `lost` when only a new process may have the device again. */
  state: 'well' | 'stalled' | 'lost';
  /** Why, in a few words without paths; empty when all is well. */
  detail: string;
  /** For how long it has been stalled. */
  stalledMs: number;
  /** Lanes that were given up and still hang. */
  abandoned: number;
  /** Detectors and backbones that are refused for a while. */
  refused: number;
}

/** Of scoring with which nothing is wrong. */
export const WELL: ScoringHealth = { state: 'well', detail: '', stalledMs: 0, abandoned: 0, refused: 0 };
