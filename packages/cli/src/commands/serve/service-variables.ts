import type { ServiceEnvironment } from '@cflow/predict/node';
import type { ServeFlags } from './flags.js';

const MEGABYTE = 1_000_000;

/** The environment, with what the command line says taking precedence: one schema checks both. */
export function serviceVariables(
  env: Readonly<Record<string, string | undefined>>,
  bundles: readonly string[],
  flags: ServeFlags,
  device: string | undefined,
): Record<string, string | undefined> {
  const given: {
    [Name in keyof ServiceEnvironment]?: string | number | true | readonly string[] | undefined;
  } = {
    CFLOW_BUNDLES: bundles.length > 0 ? bundles : undefined,
    HOST: flags.host,
    PORT: flags.port,
    CFLOW_STORE: flags.store,
    CFLOW_PRELOAD: flags.preload,
    CFLOW_MEMORY_MB:
      flags.memory === undefined ? undefined : Math.max(1, Math.round(flags.memory / MEGABYTE)),
    CFLOW_MAX_MEGAPIXELS: flags.maxMegapixels,
    CFLOW_QUEUE: flags.queue,
    CFLOW_BATCH_SIZES: flags.batchSizes,
    CFLOW_REQUEST_TIMEOUT_SECONDS: flags.requestTimeout,
    CFLOW_TRAIN: flags.train,
    CFLOW_API_KEYS_FILE: flags.apiKeys,
    CFLOW_ANONYMOUS: flags.anonymous,
    CFLOW_ALLOWED_HOSTS: flags.allowedHosts,
    CFLOW_RATE: flags.rate,
    CFLOW_FETCH_HOSTS: flags.fetchHosts,
    CFLOW_CORS_ORIGINS: flags.corsOrigins,
    CFLOW_LOG_LEVEL: flags.log,
    CFLOW_DEVICE: device,
    CFLOW_THREADS: flags.threads,
    CFLOW_PRECISION_MODE: flags.precisionMode,
  };
  const variables: Record<string, string | undefined> = { ...env };
  for (const [name, value] of Object.entries(given)) {
    // A list as a variable has it, with commas.
    if (value !== undefined) variables[name] = String(value);
  }
  return variables;
}
