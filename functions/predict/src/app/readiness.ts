/**
 * Whether the service can take requests. `starting` until every preloaded detector is warm, `stalled` while nothing can be
 * scored, `draining` before it ends.
 */
export interface Readiness {
  readonly state: 'starting' | 'ready' | 'stalled' | 'failed' | 'draining';
  /** What is still to be done, or what failed; no paths. */
  readonly detail: string;
  /** False when only another process can go on. Default true. */
  readonly alive?: boolean;
}
