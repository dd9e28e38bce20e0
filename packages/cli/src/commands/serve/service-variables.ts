import type { ServeFlags } from './flags.js';

const MEGABYTE = 1_000_000;

/** The environment with what the command line says instead. */
export function serviceVariables(
  env: Readonly<Record<string, string | undefined>>,
  bundles: readonly string[],
  flags: ServeFlags,
  device: string | undefined,
): Record<string, string | undefined> {
  const given: Record<string, string | number | undefined> = {
    CFLOW_BUNDLES: bundles.length > 0 ? bundles.join(',') : undefined,
    HOST: flags.host,
    PORT: flags.port,
    CFLOW_STORE: flags.store,
    CFLOW_PRELOAD: flags.preload?.join(','),
    CFLOW_MEMORY_MB:
      flags.memory === undefined ? undefined : Math.max(1, Math.round(flags.memory / MEGABYTE)),
    CFLOW_MAX_MEGAPIXELS: flags.maxMegapixels,
    CFLOW_QUEUE: flags.queue,
    CFLOW_BATCH_SIZES: flags.batchSizes?.join(','),
    CFLOW_REQUEST_TIMEOUT_SECONDS: flags.requestTimeout,
    CFLOW_TRAIN: flags.train,
    CFLOW_API_KEYS_FILE: flags.apiKeys,
    CFLOW_ANONYMOUS: flags.anonymous === undefined ? undefined : 'true',
    CFLOW_ALLOWED_HOSTS: flags.allowedHosts?.join(','),
    CFLOW_RATE: flags.rate,
    CFLOW_FETCH_HOSTS: flags.fetchHosts?.join(','),
    CFLOW_CORS_ORIGINS: flags.corsOrigins?.join(','),
    CFLOW_LOG_LEVEL: flags.log,
    CFLOW_DEVICE: device,
    CFLOW_THREADS: flags.threads,
    CFLOW_PRECISION_MODE: flags.precisionMode,
  };
  const variables: Record<string, string | undefined> = { ...env };
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined) variables[name] = String(value);
  }
  return variables;
}
