import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { MOST_MEGAPIXELS, megapixelLimits } from '@cflow/images';
import {
  aliasSchema,
  ConfigurationError,
  DEVICES,
  detectorNameSchema,
  jobConfigurationSchema,
  type TrainingSettings,
  trainingSettingsSchema,
} from '@cflow/spec';
import { z } from 'zod';
import { parseSettings } from './parse-settings.js';
import { settingTexts } from './settings-from-texts.js';

/** Everything that the verb is told from outside. */
export interface Settings {
  databaseUrl: string | undefined;
  /** A folder, or `s3://bucket/prefix`. */
  store: string | undefined;
  workFolder: string;
  device: (typeof DEVICES)[number] | 'auto';
  /** Of one job. */
  threads: number;
  concurrency: number;
  webhookSecret: string | undefined;
  /** Hosts that data sets may be fetched from. */
  fetchHosts: string[];
  /** Hosts that webhooks may be sent to. */
  webhookHosts: string[];
  /** Inner networks that may be connected to all the same. */
  privateNetworks: string[];
  logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  drainMs: number;
  checkpointPauseMs: number;
  maxDataSetBytes: number | undefined;
  /** Bounds of the images of data sets. */
  imageLimits: ReturnType<typeof megapixelLimits>;
  /** End when there is nothing more to do. */
  untilEmpty: boolean;
  /** One data set, instead of the queue: a folder, a ZIP file, `s3://bucket/key` or an address. */
  data: string | undefined;
  name: string | undefined;
  alias: string | null;
  /** How one data set is trained on. */
  training: TrainingSettings;
  sageMakerRoot: string;
  /** Of several tasks of one run, as Cloud Run has them. */
  task: { index: number; count: number } | undefined;
}

const text = z.string().trim().min(1);
const hosts = z.string().transform((value) =>
  value
    .split(',')
    .map((host) => host.trim())
    .filter((host) => host !== ''),
);
const whole = (least: number, most: number) => z.coerce.number().int().min(least).max(most);
const flag = z.enum(['0', '1', 'false', 'true']).transform((value) => value === '1' || value === 'true');
const json = z.string().transform((value, context) => {
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(value));
  } catch {
    context.addIssue({ code: 'custom', message: 'expected a JSON object' });
    return z.NEVER;
  }
});

/** The settings of a training run, as variables and as options: `CFLOW_MISSING_MASKS` and `--missing-masks`. */
const SETTINGS = Object.entries(settingTexts).map(([name, schema]) => {
  const words = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return { name, schema, option: words, variable: `CFLOW_${words.replaceAll('-', '_').toUpperCase()}` };
});

const variablesSchema = z.object({
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'expected postgres://...')
    .optional(),
  CFLOW_STORE: text.optional(),
  CFLOW_WORK_FOLDER: text.default(join(tmpdir(), 'cflow-train')),
  CFLOW_DEVICE: z.enum(['auto', ...DEVICES]).default('auto'),
  CFLOW_CONCURRENCY: whole(1, 64).default(1),
  CFLOW_THREADS: whole(1, 1024).optional(),
  CFLOW_WEBHOOK_SECRET: z
    .string()
    .regex(/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/, 'expected whsec_ and at least 24 bytes in base64')
    .optional(),
  CFLOW_FETCH_HOSTS: hosts.default([]),
  CFLOW_WEBHOOK_HOSTS: hosts.default(['*']),
  CFLOW_PRIVATE_NETWORKS: hosts.default([]),
  CFLOW_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  CFLOW_DRAIN_SECONDS: whole(0, 3600).default(2),
  CFLOW_CHECKPOINT_SECONDS: whole(0, 3600).default(30),
  CFLOW_MAX_DATA_SET_BYTES: whole(1, Number.MAX_SAFE_INTEGER).optional(),
  CFLOW_MAX_MEGAPIXELS: whole(1, MOST_MEGAPIXELS).optional(),
  CFLOW_UNTIL_EMPTY: flag.optional(),
  CFLOW_DATA: text.optional(),
  CFLOW_NAME: detectorNameSchema.optional(),
  CFLOW_ALIAS: z.union([z.literal('none').transform(() => null), aliasSchema]).default('latest'),
  CFLOW_CONFIGURATION: json.pipe(jobConfigurationSchema).default({}),
  ...Object.fromEntries(SETTINGS.map(({ variable, schema }) => [variable, schema])),
  CFLOW_SAGEMAKER_ROOT: text.default('/opt/ml'),
  CLOUD_RUN_TASK_INDEX: whole(0, 100_000).optional(),
  CLOUD_RUN_TASK_COUNT: whole(1, 100_000).optional(),
});

/** Options of the command line, and the variable that each stands for. */
const OPTIONS: Readonly<Record<string, string>> = {
  data: 'CFLOW_DATA',
  name: 'CFLOW_NAME',
  store: 'CFLOW_STORE',
  alias: 'CFLOW_ALIAS',
  device: 'CFLOW_DEVICE',
  threads: 'CFLOW_THREADS',
  concurrency: 'CFLOW_CONCURRENCY',
  ...Object.fromEntries(SETTINGS.map(({ option, variable }) => [option, variable])),
};

/**
 * Reads options and variables, once; an option counts more than its variable, an empty variable as not set.
 * @param argv what follows the verb
 * @throws ConfigurationError that lists everything that is wrong
 */
export function readSettings(argv: readonly string[], env: NodeJS.ProcessEnv): Settings {
  const set = Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== '');
  const values = parseSettings(
    variablesSchema,
    { ...Object.fromEntries(set), ...parseOptions(argv) },
    'the configuration',
  );
  const { CLOUD_RUN_TASK_INDEX: index, CLOUD_RUN_TASK_COUNT: count, CFLOW_CONCURRENCY: concurrency } = values;
  return {
    databaseUrl: values.DATABASE_URL,
    store: values.CFLOW_STORE,
    workFolder: values.CFLOW_WORK_FOLDER,
    device: values.CFLOW_DEVICE,
    threads: values.CFLOW_THREADS ?? Math.max(1, Math.floor(availableParallelism() / concurrency)),
    concurrency,
    webhookSecret: values.CFLOW_WEBHOOK_SECRET,
    fetchHosts: values.CFLOW_FETCH_HOSTS,
    webhookHosts: values.CFLOW_WEBHOOK_HOSTS,
    privateNetworks: values.CFLOW_PRIVATE_NETWORKS,
    logLevel: values.CFLOW_LOG_LEVEL,
    drainMs: values.CFLOW_DRAIN_SECONDS * 1000,
    checkpointPauseMs: values.CFLOW_CHECKPOINT_SECONDS * 1000,
    maxDataSetBytes: values.CFLOW_MAX_DATA_SET_BYTES,
    imageLimits: megapixelLimits(values.CFLOW_MAX_MEGAPIXELS),
    // A task of a job that never ends would be ended by force.
    untilEmpty: values.CFLOW_UNTIL_EMPTY ?? index !== undefined,
    data: values.CFLOW_DATA,
    name: values.CFLOW_NAME,
    alias: values.CFLOW_ALIAS,
    training: trainingSettings(values),
    sageMakerRoot: values.CFLOW_SAGEMAKER_ROOT,
    task: index === undefined ? undefined : { index, count: count ?? 1 },
  };
}

function trainingSettings(values: z.output<typeof variablesSchema>): TrainingSettings {
  const named = values as Readonly<Record<string, unknown>>;
  const settings = SETTINGS.map(({ name, variable }) => [name, named[variable]] as const);
  return trainingSettingsSchema.parse({
    ...Object.fromEntries(settings.filter(([, value]) => value !== undefined)),
    configuration: values.CFLOW_CONFIGURATION,
  });
}

function parseOptions(argv: readonly string[]): Record<string, string> {
  const names = Object.keys(OPTIONS);
  try {
    const texts: Record<string, { type: 'string' }> = Object.fromEntries(
      names.map((name) => [name, { type: 'string' }]),
    );
    const { values } = parseArgs({
      args: [...argv],
      options: { ...texts, 'until-empty': { type: 'boolean' } },
    });
    const given = names.flatMap((name) => {
      const value = (values as Record<string, unknown>)[name];
      return typeof value === 'string' ? [[OPTIONS[name] as string, value] as const] : [];
    });
    return { ...Object.fromEntries(given), ...(values['until-empty'] && { CFLOW_UNTIL_EMPTY: '1' }) };
  } catch (cause) {
    throw new ConfigurationError(
      `${(cause as Error).message}. Options: ${names.map((name) => `--${name}`).join(', ')}, --until-empty`,
      { cause },
    );
  }
}
