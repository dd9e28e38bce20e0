// SageMaker's contract of a training container: what to train, and what on, in files below one folder; the result, or
// why there is none, in others.
import { cp, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { folderBundle } from '@cflow/detector/node';
import { BUNDLE_FILES, ConfigurationError, DataSetError, trainingSettingsSchema } from '@cflow/spec';
import { z } from 'zod';
import { taskSettings } from '../training-process/task-settings.js';
import { parseSettings } from './parse-settings.js';
import { configurationTexts, settingTexts, unquoted } from './settings-from-texts.js';
import type { TrainingRequest } from './train-once.js';

export interface SageMakerFolders {
  hyperparameters: string;
  data: string;
  model: string;
  failure: string;
  checkpoints: string;
}

/** The folders, when this container was started by SageMaker. */
export async function sageMakerFolders(root: string): Promise<SageMakerFolders | undefined> {
  const data = join(root, 'input', 'data');
  if (!(await isFolder(join(root, 'input', 'config'))) && !(await isFolder(data))) return undefined;
  return {
    hyperparameters: join(root, 'input', 'config', 'hyperparameters.json'),
    data,
    model: join(root, 'model'),
    failure: join(root, 'output', 'failure'),
    checkpoints: join(root, 'checkpoints'),
  };
}

const CHANNELS = ['training', 'train'];

/** The data set: the channel `training` or `train`, or the only one. @throws DataSetError */
export async function trainingChannel(folder: string): Promise<string> {
  const channels = (await readdir(folder, { withFileTypes: true }).catch(() => []))
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
  const name = CHANNELS.find((channel) => channels.includes(channel)) ?? channels[0];
  if (name !== undefined && (channels.length === 1 || CHANNELS.includes(name))) {
    const channel = join(folder, name);
    const files = (await readdir(channel)).filter((file) => !file.startsWith('.'));
    const [only] = files;
    return files.length === 1 && only && /\.zip$/i.test(only) ? join(channel, only) : channel;
  }
  throw new DataSetError(
    `expected a channel called training or train with the images, got ${channels.join(', ') || 'none'}`,
    { details: { channels } },
  );
}

const hyperparametersSchema = z.strictObject({
  name: z.string().transform(unquoted).optional(),
  ...settingTexts,
  ...configurationTexts,
});

/** What hyperparameters.json asks for; a file that is not there asks for nothing. @throws ConfigurationError */
export async function readHyperparameters(path: string): Promise<Omit<TrainingRequest, 'source'>> {
  const text = await readFile(path, 'utf8').catch(() => '{}');
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new ConfigurationError('hyperparameters.json is not JSON', { cause });
  }
  const given = z.record(z.string(), z.unknown()).safeParse(parsed).data ?? {};
  // Those that the SDK itself puts there are not ours.
  const own = Object.fromEntries(Object.entries(given).filter(([key]) => !key.startsWith('sagemaker_')));
  const values = parseSettings(hyperparametersSchema, own, 'hyperparameters');
  const { name = 'detector', ...rest } = values;
  const chosen = Object.entries(rest).filter(([, value]) => value !== undefined);
  const ofConfiguration = ([key]: [string, unknown]): boolean => Object.hasOwn(configurationTexts, key);
  const settings = {
    ...Object.fromEntries(chosen.filter((entry) => !ofConfiguration(entry))),
    configuration: Object.fromEntries(chosen.filter(ofConfiguration)),
  };
  return { name, ...taskSettings(parseSettings(trainingSettingsSchema, settings, 'hyperparameters')) };
}

/** Copies a bundle into the folder that becomes the model: a mount, which cannot be replaced. The manifest comes last. */
export async function copyBundle(bundle: string, model: string): Promise<void> {
  await mkdir(model, { recursive: true });
  const source = folderBundle(bundle);
  const names = (await readdir(bundle)).filter((file) => file !== BUNDLE_FILES.manifest);
  for (const file of [...names, BUNDLE_FILES.manifest]) {
    await cp((await source.path?.(file)) ?? join(bundle, file), join(model, file));
  }
}

/** SageMaker shows the first 1024 characters. */
export async function writeFailure(path: string, message: string): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, message.slice(0, 1024));
}

export async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
