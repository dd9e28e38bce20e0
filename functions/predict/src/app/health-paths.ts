/** Requested every few seconds by the system that keeps the service running, under whatever name or address it uses. */
export const HEALTH_PATHS: readonly string[] = [
  '/livez',
  '/readyz',
  '/ping',
  '/v2/health/live',
  '/v2/health/ready',
];
