import { ConfigurationError } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import { readSettings } from './settings.js';

describe('readSettings', () => {
  it('has defaults for everything, and takes an empty variable as not set', () => {
    expect(readSettings([], { CFLOW_STORE: ' ', CFLOW_EPOCHS: '' })).toMatchObject({
      store: undefined,
      device: 'auto',
      concurrency: 1,
      training: { configuration: {}, precision: 'float32', strict: false, evaluate: true },
      alias: 'latest',
      untilEmpty: false,
      sageMakerRoot: '/opt/ml',
    });
  });

  it('lets an option count more than its variable', () => {
    const env = {
      CFLOW_DATA: 'a',
      CFLOW_NAME: 'wood',
      CFLOW_ALIAS: 'none',
      CFLOW_CONFIGURATION: '{"lr":0.1}',
    };
    expect(readSettings(['--data', 'b', '--until-empty'], env)).toMatchObject({
      data: 'b',
      name: 'wood',
      alias: null,
      training: { configuration: { lr: 0.1 } },
      untilEmpty: true,
    });
  });

  it('takes every setting of a training run, as a variable and as an option', () => {
    const env = {
      CFLOW_LAYOUT: 'mvtec',
      CFLOW_MISSING_MASKS: 'ignore',
      CFLOW_GOOD: 'a, b',
      CFLOW_BAD: '["c, d"]',
      CFLOW_EPOCHS: '3',
      CFLOW_PATIENCE: 'none',
      CFLOW_VALIDATION_FRACTION: '0.25',
      CFLOW_STRICT: '1',
      CFLOW_PRECISION: 'float16',
    };
    const options = ['--patience', '5', '--image-batch-size', '16', '--evaluate', 'false'];
    const training = {
      layout: 'mvtec',
      missingMasks: 'ignore',
      good: ['a', 'b'],
      bad: ['c, d'],
      epochs: 3,
      patience: null,
      validationFraction: 0.25,
      strict: true,
      precision: 'float16',
      evaluate: true,
    };
    expect(readSettings([], env).training).toMatchObject(training);
    expect(readSettings(options, env).training).toMatchObject({
      ...training,
      patience: 5,
      imageBatchSize: 16,
      evaluate: false,
    });
  });

  it.each([
    ['CFLOW_EPOCHS', 'many'],
    ['CFLOW_EPOCHS', '1.5'],
    ['CFLOW_STRICT', 'perhaps'],
    ['CFLOW_LAYOUT', 'shelf'],
    ['CFLOW_GOOD', '['],
    ['CFLOW_CONFIGURATION', '{"lr":-1}'],
  ])('refuses %s=%s by the name of the variable', (name, value) => {
    expect(() => readSettings([], { [name]: value })).toThrow(new RegExp(`${name}`));
  });

  it('ends with the queue as a Cloud Run task', () => {
    const settings = readSettings([], { CLOUD_RUN_TASK_INDEX: '2', CLOUD_RUN_TASK_COUNT: '3' });
    expect(settings).toMatchObject({ untilEmpty: true, task: { index: 2, count: 3 } });
  });

  it('names every variable that is wrong', () => {
    const env = {
      DATABASE_URL: 'mysql://x',
      CFLOW_DEVICE: 'abacus',
      CFLOW_THREADS: 'many',
      CFLOW_WEBHOOK_SECRET: 'hush',
      CFLOW_NAME: 'Wood!',
      CFLOW_CONFIGURATION: '[1]',
    };
    const read = () => readSettings([], env);
    expect(read).toThrow(ConfigurationError);
    for (const name of Object.keys(env)) expect(read).toThrow(new RegExp(`${name}: `));
    expect(read).not.toThrow(/hush/);
  });

  it('names the options there are when one is unknown', () => {
    expect(() => readSettings(['--speed', '9'], {})).toThrow(/--speed.*--data/s);
  });
});
