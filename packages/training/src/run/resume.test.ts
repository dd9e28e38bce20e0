import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type DataSet, TrainingError } from '@cflow/spec';
import { beforeAll, describe, expect, it } from 'vitest';
import { startScript } from '../../../../test/support/start-script.js';
import type { TrainingEvent } from '../events.js';
import { decodersOf } from '../testing/decoders-of.js';
import { renderDataSet } from '../testing/synth-data-set.js';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { tinyRun } from '../testing/tiny-run.js';
import { trainDetector } from './train-detector.js';
import type { TrainDetectorOptions } from './train-detector-options.js';

const root = temporaryFolder();
const at = (name: string): string => join(root, name);
const LONG = { overrides: { epochs: 4 } };
let dataSet: DataSet;
let whole: string;
beforeAll(async () => {
  dataSet = await renderDataSet(at('data'), { train: 24 });
  await trainDetector(tinyRun(dataSet, at('whole'), LONG));
  whole = await decodersOf(at('whole'));
});
const stop = new Error('told to stop');

/** Starts a run and stops it at the n-th event of a type. */
async function interrupted(
  output: string,
  type: TrainingEvent['type'],
  n: number,
  options: Partial<TrainDetectorOptions> = {},
): Promise<void> {
  const controller = new AbortController();
  let seen = 0;
  const onEvent = (event: TrainingEvent): void => {
    if (event.type === type && ++seen === n) controller.abort(stop);
  };
  const run = trainDetector(
    tinyRun(dataSet, output, { ...LONG, ...options, signal: controller.signal, onEvent }),
  );
  await expect(run).rejects.toBe(stop);
}

const resumed = (output: string, options: Partial<TrainDetectorOptions> = {}) =>
  trainDetector(tinyRun(dataSet, output, { ...LONG, ...options, resume: true }));

describe('a run that was interrupted', () => {
  it.each([
    ['features', 11],
    ['progress', 7],
  ] as const)('at %s %i gives the same bits when it is resumed', async (type, n) => {
    const output = at(type);
    await interrupted(output, type, n);
    const events: TrainingEvent[] = [];
    await resumed(output, { onEvent: (event) => events.push(event) });
    // Features that are complete are not computed again.
    expect(events.some((event) => event.type === 'features')).toBe(type === 'features');
    expect(await decodersOf(output)).toBe(whole);
    await expect(stat(`${output}.training`)).rejects.toThrow();
  });

  it('by kill -9 gives the same bits when it is resumed', async () => {
    const output = at('killed');
    const request = { source: at('data/wood'), output, options: LONG };
    for (let round = 0; round < 2; round++) {
      const options = { ...LONG, resume: round > 0 };
      const script = startScript(new URL('../testing/train.ts', import.meta.url), [
        JSON.stringify({ ...request, options }),
      ]);
      await script.printed('epoch');
      await setTimeout(Math.random() * 50);
      script.child.kill('SIGKILL');
      expect((await script.ended).code).toBeNull();
      await expect(stat(output)).rejects.toThrow();
    }
    await resumed(output);
    expect(await decodersOf(output)).toBe(whole);
  });

  it('does not go on with another configuration, and names what changed', async () => {
    const output = at('changed');
    await interrupted(output, 'epoch', 1);
    const changes: [Partial<TrainDetectorOptions>, RegExp][] = [
      [{ configuration: { lr: 1e-3 } }, /configuration.lr: 0.002 before, 0.001 now/],
      [{ configuration: { seed: 4 } }, /configuration.seed: 0 before, 4 now/],
      [{ overrides: { epochs: 7 } }, /plan.epochs: 4 before, 7 now/],
      [{ precision: 'float16' }, /precision: "float32" before, "float16" now/],
      [{ threads: 1 }, /threads: 2 before, 1 now/],
      [
        { preset: 'anomalib', configuration: { fiberBatchSize: 8 } },
        /fiberBatchSize: 64 before, 8 now; .*plan.preset: "fast" before, "anomalib" now/,
      ],
      [{ dataSet: { ...dataSet, items: dataSet.items.slice(1) } }, /images: /],
    ];
    for (const [change, message] of changes) {
      const error = await resumed(output, change).catch((found: unknown) => found);
      expect(error).toBeInstanceOf(TrainingError);
      expect((error as Error).message).toMatch(message);
    }
    // None of this has cost what was reached.
    await resumed(output);
    expect(await decodersOf(output)).toBe(whole);
  });

  it('that left a damaged checkpoint says so', async () => {
    const output = at('damaged');
    await interrupted(output, 'epoch', 3);
    const path = join(`${output}.training`, 'checkpoint-0.safetensors');
    const bytes = await readFile(path);
    bytes[bytes.length >> 1] = bytes[bytes.length >> 1]! ^ 1;
    await writeFile(path, bytes);
    const error = await resumed(output).catch((found: unknown) => found);
    expect(error).toBeInstanceOf(TrainingError);
    expect((error as Error).message).toContain(`the checkpoint "${path}" is damaged`);
  });

  it('names again the images that it could not read', async () => {
    const output = at('unreadable');
    const partly = await renderDataSet(at('partly'), { train: 24 });
    const broken = partly.items[5]?.path as string;
    await writeFile(broken, 'no image');
    await interrupted(output, 'progress', 1, { dataSet: partly });
    const told: TrainingEvent[] = [];
    const { provenance } = await resumed(output, {
      dataSet: partly,
      onEvent: (event) => told.push(event),
    });
    const unreadable = told.filter((event) => event.type === 'unreadable');
    expect(unreadable).toEqual([
      {
        type: 'unreadable',
        path: broken,
        count: 1,
        reason: expect.stringContaining('when the run was started'),
      },
    ]);
    expect(provenance.trainImages + provenance.validationImages).toBe(23);
  });

  it('is not there', async () => {
    await expect(resumed(at('nothing'))).rejects.toThrow(/there is no run to resume at/);
  });

  it('leaves a bundle of the same name alone until the new one is whole', async () => {
    const output = at('older');
    await trainDetector(tinyRun(dataSet, output, { ...LONG, configuration: { seed: 9 } }));
    const older = await decodersOf(output);
    await interrupted(output, 'progress', 5);
    expect(await decodersOf(output)).toBe(older);
    await resumed(output);
    expect(await decodersOf(output)).toBe(whole);
  });
});
