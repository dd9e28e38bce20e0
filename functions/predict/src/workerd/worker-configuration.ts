import { ConfigurationError } from '@cflow/spec';
import { z } from 'zod';
import { flag, hosts, list, megabytes, rate, secret, text, whole } from '../configuration/variables.js';
import type { WorkerEnvironment } from './bindings.js';
import { LOG_LEVELS } from './console-logger.js';

/** Every variable and secret that a Worker reads, and what it means. Bindings come beside them. */
export const workerVariablesSchema = z.object({
  CFLOW_REGISTRY_URL: text.describe('Service that detectors come from: https://host[/path]'),
  CFLOW_REGISTRY_KEY: text.describe('Its API key, with the scope read'),
  CFLOW_BUCKET_PREFIX: text.describe('Prefix of all keys in the bucket that is bound as CFLOW_BUCKET'),
  CFLOW_DETECTORS: list.describe('Names of the detectors whose bundles are deployed as static assets'),
  CFLOW_ASSETS_PATH: text.describe(
    'Where in the assets they lie, each in a folder of its name (default detectors)',
  ),
  CFLOW_UPSTREAM_URL: text.describe('Service that what the edge cannot score is forwarded to'),
  CFLOW_UPSTREAM_KEY: text.describe("API key for it (default: the caller's own is passed on)"),
  CFLOW_API_KEYS: text.describe('JSON list of keys: [{"name", "sha256", "scopes", "rate"?}]'),
  CFLOW_ANONYMOUS: flag.describe('true: anybody who can reach the Worker may do everything'),
  CFLOW_ALLOWED_HOSTS: hosts.describe(
    'Names that the Worker may be called by: host, *.host, host:port or * (default: any with API keys; else localhost and IP addresses)',
  ),
  CFLOW_SECRET: secret.describe(
    'Signs prediction ids; the same as of the service for feedback there (default: one kept in the bucket, else a new one for each instance)',
  ),
  CFLOW_CORS_ORIGINS: list.describe('Origins of web pages elsewhere that may call the Worker'),
  CFLOW_RATE: rate.describe(
    'Predictions per second and caller, and burst, counted by each instance (default: no limit)',
  ),
  CFLOW_QUEUE: whole(1, 1000).describe('Images that may wait (default 16)'),
  CFLOW_MAX_BODY_MB: megabytes.describe('Megabytes of a request with images (default 8)'),
  CFLOW_BODY_MEMORY_MB: megabytes.describe(
    'Megabytes of bodies that all requests together may hold (default: twice that of one request)',
  ),
  CFLOW_MAX_UPLOAD_MB: megabytes.describe('Megabytes of an uploaded bundle (default 24)'),
  CFLOW_MAX_MEGAPIXELS: whole(1, 64).describe('Megapixels of an image (default 2)'),
  CFLOW_REQUEST_TIMEOUT_SECONDS: whole(1, 3600).describe('Seconds that a prediction may take (default 30)'),
  CFLOW_MEMORY_MB: megabytes.describe('Megabytes of memory of the Worker (default 128)'),
  CFLOW_LOG_LEVEL: text
    .pipe(z.enum(LOG_LEVELS).optional())
    .describe('debug, info, warn, error or silent (default info)'),
});

export type WorkerVariables = z.infer<typeof workerVariablesSchema>;

/** Names of bindings, which are objects. */
export const WORKER_BINDINGS = ['CFLOW_BUCKET', 'CFLOW_UPSTREAM', 'ASSETS'] as const;

/**
 * Reads the variables of a Worker.
 * @throws ConfigurationError that lists every variable that cannot work
 */
export function readWorkerVariables(env: WorkerEnvironment): WorkerVariables {
  const known = Object.keys(workerVariablesSchema.shape);
  const parsed = workerVariablesSchema.safeParse(
    Object.fromEntries(known.map((name) => [name, textOf(env[name])])),
  );
  const problems = parsed.error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];
  for (const name of Object.keys(env)) {
    // A misspelt variable would be ignored in silence, and a Worker without its keys is open.
    if (!name.startsWith('CFLOW_') || known.includes(name)) continue;
    if (!(WORKER_BINDINGS as readonly string[]).includes(name))
      problems.push(`${name}: there is no such variable`);
  }
  const { CFLOW_API_KEYS: keys, CFLOW_ANONYMOUS: anonymous } = env;
  if (!textOf(keys)?.trim() && !/^(?:true|1)$/.test(textOf(anonymous) ?? '')) {
    problems.push(
      'CFLOW_API_KEYS: others can reach the Worker, and it has no keys; give it some (cflow key NAME), or say that anybody may use it (CFLOW_ANONYMOUS=true)',
    );
  }
  if (problems.length > 0 || !parsed.data) {
    throw new ConfigurationError(`the variables of the Worker cannot work:\n  ${problems.join('\n  ')}`, {
      details: { problems },
    });
  }
  return parsed.data;
}

/** Variables may be JSON: a number, a flag, a list of keys. */
function textOf(value: unknown): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  return Array.isArray(value) && value.every((each) => typeof each === 'string')
    ? value.join(',')
    : JSON.stringify(value);
}
