// `cflow train`, jobs and the hosts' training containers are told the same things in the same words.

import { detectorConfigurationSchema, jobRequestSchema, trainingSettingsSchema } from '@cflow/spec';
import { settingTexts, taskSettings } from '@cflow/train-worker';
import { Command, type Option } from 'commander';
import { expect, it } from 'vitest';
import { dataSetOptions } from '../../options/data-set-options.js';
import { defineTrain } from './command.js';
import type { TrainFlags } from './flags.js';
import { trainingOptions } from './training-options.js';

/** What only the command line is told, and why. */
const OF_THE_COMMAND: Readonly<Record<string, string>> = {
  output: 'a job makes a version',
  name: 'beside the settings, in a job too',
  weights: 'a file; workers have what was pulled',
  device: "the worker's",
  threads: "the worker's",
  featureCacheBytes: "the worker's",
  maxMegapixels: "the worker's",
  resume: 'a job always goes on from its checkpoint',
  json: 'a job has events',
  quiet: 'a job has events',
  verbose: 'a job has a log',
};

const SETTINGS = {
  layout: 'mvtec',
  category: 'bottle',
  missingMasks: 'ignore',
  good: ['a', 'b'],
  bad: ['c'],
  masks: ['d'],
  preset: 'anomalib',
  region: 'region.png',
  configuration: {
    method: 'flow',
    backbone: 'resnet18',
    layers: ['layer1', 'expanded_conv_12/add'],
    preTrained: false,
    fiberBatchSize: 128,
    decoder: 'freia-flow',
    conditionVector: 64,
    couplingBlocks: 4,
    clampAlpha: 1.5,
    permuteSoft: true,
    fusion: 'standardized',
    lr: 0.001,
    inputSize: [128, 192],
    geometry: 'tiles',
    tileSize: [128, 64],
    range: { low: 0, high: 4095 },
    outOfRange: 'error',
    seed: 7,
  },
  epochs: 3,
  imageBatchSize: 16,
  validationFraction: 0.25,
  contamination: 0.1,
  patience: null,
  precision: 'float16',
  strict: true,
  evaluate: false,
} as const;

const command = new Command('train');
defineTrain(command);
// Of two for one field, one of which switches it off, the other.
const options = new Map(
  command.options
    .toSorted((a, b) => Number(b.negate) - Number(a.negate))
    .map((option) => [option.attributeName(), option]),
);
const { configuration, ...others } = SETTINGS;
const fields = new Map<string, unknown>([...Object.entries(others), ...Object.entries(configuration)]);

/** What the command line is told for a field. */
function argumentsFor(name: string, value: unknown): string[] {
  const { long, variadic } = options.get(name) as Option;
  if (value === false) {
    return [command.options.find((each) => each.attributeName() === name && each.negate)?.long as string];
  }
  if (value === true) return [long as string];
  if (name === 'range') return [long as string, Object.values(value as object).join(':')];
  const text = (each: unknown): string => (each === null ? 'none' : String(each));
  if (!Array.isArray(value)) return [long as string, text(value)];
  if (variadic) return [long as string, ...value.map(text)];
  return [long as string, value.map(text).join(name === 'inputSize' || name === 'tileSize' ? 'x' : ',')];
}

it('have the same fields: none that one knows and the other does not', () => {
  const settings = Object.keys(trainingSettingsSchema.shape).filter((name) => name !== 'configuration');
  const known = [...settings, ...Object.keys(detectorConfigurationSchema.shape)];
  expect([...fields.keys()].sort()).toEqual(known.sort());
  expect([...options.keys()].filter((name) => !(name in OF_THE_COMMAND)).sort()).toEqual(known);
  expect(Object.keys(OF_THE_COMMAND).filter((name) => !options.has(name) && name !== 'verbose')).toEqual([]);
  expect(Object.keys(jobRequestSchema.shape)).toEqual(
    expect.arrayContaining(Object.keys(trainingSettingsSchema.shape)),
  );
  expect(Object.keys(settingTexts).sort()).toEqual(settings.sort());
});

it('train the same: each field of a job arrives as the option of the command does', async () => {
  let flags: TrainFlags | undefined;
  const parsing = new Command('train');
  defineTrain(parsing);
  parsing.action((_: string[], given: TrainFlags) => {
    flags = given;
  });
  const argv = [...fields].flatMap(([name, value]) => argumentsFor(name, value));
  await parsing.parseAsync(argv, { from: 'user' });
  const task = taskSettings(trainingSettingsSchema.parse(SETTINGS));
  expect(trainingOptions(flags as TrainFlags)).toMatchObject({
    preset: task.preset,
    configuration: task.configuration,
    overrides: task.overrides,
    precision: task.precision,
    strict: task.strict,
    evaluate: task.evaluate,
  });
  expect(dataSetOptions(flags as TrainFlags)).toEqual(task.reading);
});

it('offers the same choices', () => {
  for (const name of ['layout', 'missingMasks', 'preset', 'precision'] as const) {
    const { argChoices } = options.get(name) as Option;
    for (const choice of argChoices ?? []) {
      expect(trainingSettingsSchema.safeParse({ [name]: choice }).success, `${name} ${choice}`).toBe(true);
    }
    const refused = trainingSettingsSchema.safeParse({ [name]: 'something else' });
    expect(refused.error?.issues[0]).toMatchObject({ code: 'invalid_value', values: argChoices });
  }
});
