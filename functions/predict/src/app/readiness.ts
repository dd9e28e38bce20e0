/** Whether the service can take requests. `starting` until every preloaded detector is warm, `draining` before it ends. */
export interface Readiness {
  readonly state: 'starting' | 'ready' | 'failed' | 'draining';
  /** What is still to be done, or what failed; no paths. */
  readonly detail: string;
}
