import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { planDataSet } from '@cflow/synth';
import { writePng } from '@cflow/visual/node';
import { expect } from 'vitest';
import { type CliResult, runCli } from './run-cli.js';

/** Options that make a training run as small as it can be. */
export const TINY: readonly string[] = [
  ...['--input-size', '64', '--coupling-blocks', '2', '--condition-vector', '16'],
  ...['--epochs', '1', '--threads', '2', '--device', 'cpu'],
];

/** A temporary folder with a small data set in it. */
export interface Workplace {
  path: string;
  /** Folder of the data set: 8 good images to train on or as many as were asked for, 3 to test, and 5 bad ones, 64 pixels. */
  dataSet: string;
  /** Runs `cflow` there. */
  cflow: (...args: string[]) => Promise<CliResult>;
  remove: () => Promise<void>;
}

export async function createWorkplace({ trainCount = 8 }: { trainCount?: number } = {}): Promise<Workplace> {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'cflow-cli-')));
  const samples = planDataSet({
    materials: ['brushed-metal'],
    trainCount,
    testGoodCount: 3,
    perDefectCount: 1,
    size: 64,
    seed: 0,
  });
  for (const sample of samples) {
    const { image, mask } = sample.render();
    for (const [name, picture] of [
      [sample.path, image],
      [sample.maskPath, mask],
    ] as const) {
      if (name === undefined) continue;
      await mkdir(dirname(join(path, name)), { recursive: true });
      await writePng(join(path, name), picture);
    }
  }
  return {
    path,
    dataSet: join(path, 'brushed-metal'),
    cflow: (...args) => runCli(args, { cwd: path }),
    remove: () => rm(path, { recursive: true, force: true }),
  };
}

/** The same with a detector of the data set, as small as it can be: the bundle `metal.cflow`. */
export async function createTrainedWorkplace(): Promise<Workplace> {
  const place = await createWorkplace();
  const { code, stderr } = await place.cflow('train', 'brushed-metal', ...TINY, '--output', 'metal.cflow');
  expect(code, stderr).toBe(0);
  return place;
}
