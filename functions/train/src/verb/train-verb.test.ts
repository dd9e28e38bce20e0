// The verb as a host starts it: a process of its own.
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { verifyBundle } from '@cflow/detector';
import { folderBundle } from '@cflow/detector/node';
import { ObjectRegistry } from '@cflow/store';
import { folderObjectStore } from '@cflow/store/node';
import { beforeAll, describe, expect, it } from 'vitest';
import { type RunningScript, startScript } from '../../../../test/support/start-script.js';
import { zipFolder } from '../testing/make-zip.js';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { woodImages } from '../testing/wood-images.js';

const root = temporaryFolder();
let images: string;
beforeAll(async () => {
  images = await woodImages(join(root, 'images'), 24);
});

function train(env: Record<string, string>, args: readonly string[] = []): RunningScript {
  return startScript(new URL('../main.ts', import.meta.url), ['train', ...args], {
    env: {
      ...process.env,
      CFLOW_SAGEMAKER_ROOT: join(root, 'none'),
      CFLOW_WORK_FOLDER: join(root, 'work'),
      CFLOW_DEVICE: 'cpu',
      CFLOW_THREADS: '2',
      CFLOW_CHECKPOINT_SECONDS: '0',
      ...env,
    },
  });
}

const HYPERPARAMETERS = {
  name: '"wood"',
  epochs: '4',
  inputSize: '64',
  couplingBlocks: '2',
  conditionVector: '16',
  fiberBatchSize: '64',
  lr: '0.002',
  sagemaker_program: '"x.py"',
};

/** The folder that SageMaker mounts, with a data set and hyperparameters. */
async function sageMaker(name: string, hyperparameters: Record<string, string>): Promise<string> {
  const folder = join(root, name);
  await mkdir(join(folder, 'input/config'), { recursive: true });
  await mkdir(join(folder, 'model'), { recursive: true });
  await mkdir(join(folder, 'checkpoints'), { recursive: true });
  await writeFile(join(folder, 'input/config/hyperparameters.json'), JSON.stringify(hyperparameters));
  await cp(images, join(folder, 'input/data/training'), { recursive: true });
  return folder;
}

describe('train under SageMaker', () => {
  it('goes on after SIGTERM from its checkpoint, and gives the model that an uninterrupted run gives', async () => {
    const whole = await sageMaker('whole', HYPERPARAMETERS);
    const stopped = await sageMaker('stopped', HYPERPARAMETERS);
    expect(await train({ CFLOW_SAGEMAKER_ROOT: whole }).ended).toMatchObject({ code: 0 });
    const { manifest } = await verifyBundle(folderBundle(join(whole, 'model')));
    expect(manifest).toMatchObject({
      name: 'wood',
      configuration: { inputSize: [64, 64], couplingBlocks: 2 },
    });

    const first = train({ CFLOW_SAGEMAKER_ROOT: stopped });
    await expect
      .poll(() => readdir(join(stopped, 'checkpoints/checkpoint')).catch(() => []), {
        timeout: 30_000,
        interval: 5,
      })
      .toContain('manifest.json');
    first.child.kill('SIGTERM');
    expect(await first.ended).toMatchObject({ code: 143 });
    expect(await readdir(join(stopped, 'model'))).toEqual([]);
    const second = await train({ CFLOW_SAGEMAKER_ROOT: stopped }).ended;
    expect(second.code).toBe(0);
    expect(second.stdout).toContain('going on from a checkpoint');
    const decoders = (folder: string) => readFile(join(folder, 'model/decoders.safetensors'), 'hex');
    expect(await decoders(stopped)).toBe(await decoders(whole));
    expect(await readdir(join(root, 'work'))).toEqual([]);
  });

  it('says why it failed, in the file that is read and by its exit code', async () => {
    const folder = await sageMaker('wrong', { ...HYPERPARAMETERS, lr: 'fast', warmth: '3' });
    expect((await train({ CFLOW_SAGEMAKER_ROOT: folder }).ended).code).toBe(2);
    expect(await readFile(join(folder, 'output/failure'), 'utf8')).toMatch(/hyperparameters.*lr: .*warmth/s);
  });
});

describe('train on one data set', () => {
  const CONFIGURATION = JSON.stringify({ inputSize: [64, 64], couplingBlocks: 2, conditionVector: 16 });
  const once = (store: string) => ({
    CFLOW_STORE: join(root, store),
    CFLOW_NAME: 'wood',
    CFLOW_EPOCHS: '1',
    CFLOW_CONFIGURATION: CONFIGURATION,
  });

  it('publishes the detector', async () => {
    const archive = join(root, 'wood.zip');
    await zipFolder(images, archive);
    expect(await train(once('once'), ['--data', archive, '--alias', 'candidate']).ended).toMatchObject({
      code: 0,
    });
    const objects = folderObjectStore(join(root, 'once'));
    const registry = new ObjectRegistry(objects);
    const version = await registry.resolve('wood', 'candidate');
    const { manifest } = await verifyBundle(registry.bundle('wood', version));
    expect(manifest.provenance).toMatchObject({ dataSet: 'wood', preset: 'fast' });
    expect(manifest.configuration.fiberBatchSize).toBe(512);
    expect(await objects.list('runs/', { limit: 5 })).toEqual([]);
  });

  it('is the work of one task', async () => {
    const env = { ...once('task'), CFLOW_DATA: images, CLOUD_RUN_TASK_INDEX: '1', CLOUD_RUN_TASK_COUNT: '2' };
    const { code, stdout } = await train(env).ended;
    expect(code).toBe(0);
    expect(stdout).toContain('nothing to do for this one');
  });

  it('ends with an error when there is none', async () => {
    const { code, stdout } = await train({ ...once('none'), CFLOW_DATA: join(root, 'nowhere') }).ended;
    expect(code).toBe(1);
    expect(stdout).toContain('there is no data set at');
  });
});

it('train without anything to work on says what is missing', async () => {
  const { code, stdout } = await train({ DATABASE_URL: '', CFLOW_STORE: '' }).ended;
  expect(code).toBe(2);
  expect(stdout).toMatch(/DATABASE_URL: .*CFLOW_STORE: /);
});
