/** Asked every few seconds by whoever keeps the service running, under whatever name or address it has for it. */
export const HEALTH_PATHS: readonly string[] = [
  '/livez',
  '/readyz',
  '/ping',
  '/v2/health/live',
  '/v2/health/ready',
];
