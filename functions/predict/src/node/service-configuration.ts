import { MOST_MEGAPIXELS } from '@cflow/images';
import {
  ConfigurationError,
  DEVICES,
  detectorReferenceSchema,
  PRECISION_MODES,
  parseDetectorReference,
} from '@cflow/spec';
import { z } from 'zod';
import { flag, hosts, list, megabytes, rate, secret, text, whole } from '../configuration/variables.js';

/** Every variable that the service reads, and what it means. */
export const serviceEnvironmentSchema = z.object({
  PORT: whole(0, 65_535).describe('Port to listen on (default 8080)'),
  HOST: text.describe('Address to listen on (default 127.0.0.1; containers set 0.0.0.0)'),
  CFLOW_STORE: text.describe('Where bundles live: a folder, or s3://bucket/prefix?endpoint=…&region=…'),
  CFLOW_STORE_CACHE: text.describe('Folder that files of a remote store are kept in'),
  CFLOW_STORE_CACHE_MB: megabytes.describe('Megabytes of that folder (default 20000)'),
  CFLOW_BUNDLES: list.describe('Bundle folders to publish when the service starts, with commas between them'),
  CFLOW_PRELOAD: list.describe(
    'Detectors to load before the service is ready: name or name@reference; none for none',
  ),
  CFLOW_DEFAULT_DETECTOR: text.describe(
    'The detector that /invocations and Vertex AI requests mean (default: the bundle, where the service was started with one)',
  ),
  CFLOW_DEVICE: text
    .pipe(z.enum(['auto', ...DEVICES]).optional())
    .describe('auto, cuda, webgpu or cpu (default auto)'),
  CFLOW_CUDA_DEVICE: text
    .pipe(
      z
        .string()
        .regex(/^(all|\d{1,3}(,\d{1,3})*)$/, 'expected numbers of cards, such as 0,1, or all')
        .optional(),
    )
    .describe(
      'Cards that detectors are on, with lanes on each: numbers with commas between them (default all)',
    ),
  CFLOW_PRECISION_MODE: text
    .pipe(z.enum(PRECISION_MODES, { error: `expected ${PRECISION_MODES.join(' or ')}` }).optional())
    .describe(
      'exact, or throughput: cards round products to TF32, by detectors that were calibrated for it (default exact)',
    ),
  CFLOW_THREADS: whole(1, 1024).describe('CPU threads (default: one per core)'),
  CFLOW_BATCH_SIZES: list
    .pipe(
      z
        .array(
          z
            .string()
            .regex(/^[1-9]\d{0,2}$/, 'expected whole numbers from 1 to 999')
            .transform(Number),
        )
        .optional(),
    )
    .describe(
      'Batch sizes that detectors are warmed for (default 1 to 4 on the CPU, else 1,2,4,8, and on CUDA what it gains from, up to 64)',
    ),
  CFLOW_LANES: whole(1, 64).describe(
    'Copies of each detector that score side by side (default: one per core, at most 4; on a GPU 1, on each card)',
  ),
  CFLOW_QUEUE: whole(1, 100_000).describe('Images that may wait (default 64)'),
  CFLOW_MEMORY_MB: megabytes.describe(
    'Megabytes that detectors in memory may take (default: half of the memory; on CUDA what the card has)',
  ),
  CFLOW_MAX_BODY_MB: megabytes.describe('Megabytes of a request with images (default 64)'),
  CFLOW_BODY_MEMORY_MB: megabytes.describe(
    'Megabytes of bodies that all requests together may hold (default: an eighth of the memory, from 256 to 512)',
  ),
  CFLOW_IMAGE_MEMORY_MB: megabytes.describe(
    'Megabytes that all images together may take while they are decoded; one always fits (default: an eighth of the memory, from 256 to 1000)',
  ),
  CFLOW_MAX_MEGAPIXELS: whole(1, MOST_MEGAPIXELS).describe(
    'Millions of pixels of an image, to score or in a data set (default 67)',
  ),
  CFLOW_MAX_CONNECTIONS: whole(1, 1_000_000).describe(
    'Connections at a time (default: what file descriptors leave, at most 8192)',
  ),
  CFLOW_MAX_UPLOAD_MB: megabytes.describe('Megabytes of an uploaded data set or bundle (default 8192)'),
  CFLOW_KEPT_IMAGES_MB: megabytes.describe(
    'Megabytes of images that are kept with feedback, of each detector (default 2000)',
  ),
  CFLOW_REQUEST_TIMEOUT_SECONDS: whole(1, 3600).describe('Seconds that a prediction may take (default 30)'),
  CFLOW_RUN_TIMEOUT_SECONDS: whole(1, 3600).describe(
    'Seconds that a run may take before its lane is given up; less where runs are known to be short (default 20)',
  ),
  CFLOW_LOAD_TIMEOUT_SECONDS: whole(1, 3600).describe(
    'Seconds that loading a model, or trying it, may take (default 20 on the CPU, else 120)',
  ),
  CFLOW_ISOLATION: text
    .pipe(z.enum(['process', 'thread'], { error: 'expected process or thread' }).optional())
    .describe('Whether each lane is a process of its own or a thread of this one (default process)'),
  CFLOW_RATE: rate.describe(
    'Predictions per second and caller, and burst, such as 20:40 (default: no limit)',
  ),
  CFLOW_API_KEYS: text.describe('JSON list of keys: [{"name", "sha256", "scopes", "rate"?}]'),
  CFLOW_API_KEYS_FILE: text.describe('File with that list'),
  CFLOW_ANONYMOUS: flag.describe('true: anybody who can reach the service may do everything'),
  CFLOW_ALLOWED_HOSTS: hosts.describe(
    'Names that the service may be called by: host, *.host, host:port or * (default: any with API keys; else localhost and, with CFLOW_ANONYMOUS, IP addresses)',
  ),
  CFLOW_TRUST_PROXY: flag.describe(
    'true: callers are told apart by the last address of X-Forwarded-For, which the proxy in front appends',
  ),
  CFLOW_SECRET: secret.describe('Signs prediction ids (default: a random one kept in the store)'),
  CFLOW_CORS_ORIGINS: list.describe('Origins of web pages elsewhere that may call the service'),
  CFLOW_FETCH_HOSTS: list.describe(
    'Hosts that images and data sets may be fetched from: host, *.host, host:port (default: none)',
  ),
  CFLOW_WEBHOOK_HOSTS: list.describe('Hosts that webhooks may be sent to (default *)'),
  CFLOW_PRIVATE_NETWORKS: list.describe(
    'Inner networks that may be connected to all the same, as 10.0.0.0/8',
  ),
  CFLOW_TRAIN: text
    .pipe(z.enum(['here', 'elsewhere', 'off'], { error: 'expected here, elsewhere or off' }).optional())
    .describe(
      'Whether jobs are worked on by this process, by other workers, or not offered (default here, with DATABASE_URL elsewhere)',
    ),
  CFLOW_DATA_SET_DAYS: whole(1, 3650).describe(
    'Days that an uploaded data set is kept after its upload and the last job on it (default 7)',
  ),
  CFLOW_WEBHOOK_SECRET: text
    .pipe(
      z
        .string()
        .regex(/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/, 'expected whsec_ and at least 24 bytes in base64')
        .optional(),
    )
    .describe('Signs webhooks, as whsec_…; without it none is sent'),
  CFLOW_STATE: text.describe(
    'Folder for the job database (default: .state in a folder store, else a temporary one)',
  ),
  CFLOW_WORK_FOLDER: text.describe('Folder for training runs (default: runs in that folder)'),
  DATABASE_URL: text.describe('PostgreSQL for jobs (default: PGlite in this process)'),
  CFLOW_DRAIN_SECONDS: whole(0, 3600).describe('Seconds that requests may take after SIGTERM (default 8)'),
  CFLOW_LOG_LEVEL: text
    .pipe(z.enum(['debug', 'info', 'warn', 'error', 'silent']).optional())
    .describe('debug, info, warn, error or silent (default info)'),
  // Set by hosts.
  AIP_HTTP_PORT: whole(1, 65_535).describe('Vertex AI: port to listen on'),
  AIP_HEALTH_ROUTE: text.describe('Vertex AI: path of the health check'),
  AIP_PREDICT_ROUTE: text.describe('Vertex AI: path of predictions'),
  AIP_STORAGE_URI: text.describe('Vertex AI: where the model lies; only used to say that it is not read'),
  PORT_HEALTH: whole(1, 65_535).describe('RunPod: port of the health check'),
});

export type ServiceEnvironment = z.infer<typeof serviceEnvironmentSchema>;

/**
 * Reads the service's variables.
 * @throws ConfigurationError that lists every variable that cannot work
 */
export function readServiceEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): ServiceEnvironment {
  const known = Object.keys(serviceEnvironmentSchema.shape);
  const parsed = serviceEnvironmentSchema.safeParse(
    Object.fromEntries(known.map((name) => [name, env[name]])),
  );
  const problems = parsed.error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];
  for (const name of Object.keys(env)) {
    // A misspelt variable would be ignored in silence, and a service without its keys is open.
    if (
      name.startsWith('CFLOW_') &&
      !known.includes(name) &&
      !FOREIGN.includes(name) &&
      !isServiceLink(name)
    ) {
      problems.push(`${name}: there is no such variable`);
    }
  }
  for (const reference of [
    ...(parsed.data?.CFLOW_PRELOAD ?? []),
    ...(parsed.data?.CFLOW_DEFAULT_DETECTOR ? [parsed.data.CFLOW_DEFAULT_DETECTOR] : []),
  ]) {
    if (reference !== 'none' && !detectorReferenceSchema.safeParse(reference).success) {
      problems.push(`"${reference}" is not a detector: expected name or name@reference`);
    }
  }
  if (problems.length > 0 || !parsed.data) {
    throw new ConfigurationError(`the environment cannot work:\n  ${problems.join('\n  ')}`, {
      details: { problems },
    });
  }
  return parsed.data;
}

/** Variables of other parts: the default backbone and its cache, the training verb, tests and benchmarks. */
const FOREIGN = [
  'CFLOW_BACKBONE',
  'CFLOW_CACHE',
  'CFLOW_CONCURRENCY',
  'CFLOW_CHECKPOINT_SECONDS',
  'CFLOW_MAX_DATA_SET_BYTES',
  'CFLOW_UNTIL_EMPTY',
  'CFLOW_DATA',
  'CFLOW_NAME',
  'CFLOW_PRESET',
  'CFLOW_EPOCHS',
  'CFLOW_ALIAS',
  'CFLOW_CONFIGURATION',
  'CFLOW_SAGEMAKER_ROOT',
  'CFLOW_PEER_PYTHON',
  'CFLOW_S3_SERVER',
];

/** What Kubernetes tells every container of a service whose name begins with `cflow`, such as CFLOW_PORT_8080_TCP_ADDR. */
function isServiceLink(name: string): boolean {
  const ofService =
    name.endsWith('_SERVICE_HOST') || name.endsWith('_SERVICE_PORT') || name.includes('_SERVICE_PORT_');
  const ofPort = /_PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?$/;
  return name.startsWith('CFLOW_') && (ofService || ofPort.test(name));
}

export function requireReference(reference: string): { name: string; reference: string } {
  const parsed = parseDetectorReference(reference);
  if (!parsed)
    throw new ConfigurationError(`"${reference}" is not a detector: expected name or name@reference`);
  return parsed;
}
