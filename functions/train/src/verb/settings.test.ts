import { ConfigurationError } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import { readSettings } from './settings.js';

describe('readSettings', () => {
  it('has defaults for everything, and takes an empty variable as not set', () => {
    expect(readSettings([], { CFLOW_STORE: ' ', CFLOW_EPOCHS: '' })).toMatchObject({
      store: undefined,
      device: 'auto',
      concurrency: 1,
      preset: 'fast',
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
      configuration: { lr: 0.1 },
      untilEmpty: true,
    });
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
