import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type DataSet, StorageError } from '@cflow/spec';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startScript } from '../../../../test/support/start-script.js';
import type { TrainingEvent } from '../events.js';
import { decodersOf } from '../testing/decoders-of.js';
import { renderDataSet } from '../testing/synth-data-set.js';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { tinyRun } from '../testing/tiny-run.js';
import { trainDetector } from './train-detector.js';

const root = temporaryFolder();
const at = (name: string): string => join(root, name);
const run = promisify(execFile);
/** Decoders so small that their checkpoints take less room than a bundle. */
const SMALL = { configuration: { layers: ['expanded_conv_5/add', 'expanded_conv_12/add'] } };
let dataSet: DataSet;
beforeAll(async () => {
  dataSet = await renderDataSet(at('data'), { train: 24 });
});

describe('a disk that runs full', () => {
  let expected: string;
  let unavailable: string | undefined;
  const resize = (kilobytes: number) => run('mount', ['-o', `remount,size=${kilobytes}k`, at('disk')]);

  beforeAll(async () => {
    await mkdir(at('disk'));
    await run('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', at('disk')]).catch((error: Error) => {
      unavailable = error.message.trim();
    });
    await trainDetector(tinyRun(dataSet, at('expected'), SMALL));
    expected = await decodersOf(at('expected'));
  });
  afterAll(async () => {
    if (unavailable === undefined) await run('umount', [at('disk')]);
  });

  /** Kilobytes that the files of a folder take. */
  async function sizeOf(folder: string): Promise<number> {
    return Number.parseInt((await run('du', ['-sk', folder])).stdout, 10);
  }

  it.each([
    ['features are kept', 100],
    ['checkpoints are written', 600],
    ['the bundle is written', undefined],
  ])('while %s costs nothing that was there', async (what, fixed) => {
    if (unavailable !== undefined) {
      console.warn(`not tested, since no small file system can be made here: ${unavailable}`);
      return;
    }
    const output = join(at('disk'), what);
    await resize(1_000_000);
    await trainDetector(tinyRun(dataSet, output, { configuration: { ...SMALL.configuration, seed: 9 } }));
    const before = await decodersOf(output);
    // Room for what a run keeps, a checkpoint being written beside the one before, but not for a bundle as well.
    const room = fixed ?? (await sizeOfRun(output)) + 1000;
    await resize((await sizeOf(at('disk'))) + room);
    const error = await trainDetector(tinyRun(dataSet, output, SMALL)).catch((found: unknown) => found);
    expect(error).toBeInstanceOf(StorageError);
    expect(error).toMatchObject({ code: 'storage-full', retryable: true });
    expect((error as Error).message).toMatch(/the disk is full: .* free some space and run again/);
    expect(await decodersOf(output)).toBe(before);
    await resize(1_000_000);
    const events: string[] = [];
    const onEvent = ({ type }: TrainingEvent) => events.push(type);
    await trainDetector(tinyRun(dataSet, output, { ...SMALL, resume: true, onEvent }));
    expect(await decodersOf(output)).toBe(expected);
    expect(events.includes('features')).toBe(what === 'features are kept');
    expect(events.includes('progress')).toBe(what !== 'the bundle is written');
  });

  /** What the folder of a run takes at the most, by a run that was stopped at its end. */
  async function sizeOfRun(output: string): Promise<number> {
    const controller = new AbortController();
    let epochs = 0;
    const onEvent = ({ type }: TrainingEvent): void => {
      if (type === 'epoch' && ++epochs === 4) controller.abort();
    };
    const stopped = trainDetector(tinyRun(dataSet, output, { ...SMALL, signal: controller.signal, onEvent }));
    await expect(stopped).rejects.toThrow(/abort/);
    const size = await sizeOf(`${output}.training`);
    await rm(`${output}.training`, { recursive: true });
    return size;
  }
});

describe('a folder without permission', () => {
  it('is told before anything is computed', async ({ skip }) => {
    if (process.platform === 'win32') skip('Windows has other permissions');
    const root = process.getuid?.() === 0;
    await chmod(at('.'), 0o755);
    await cp(at('data'), at('readable'), { recursive: true });
    await mkdir(at('shut'));
    await mkdir(at('cache'));
    await chmod(at('cache'), 0o777);
    await chmod(at('shut'), 0o555);
    const request = { source: at('readable/wood'), output: at('shut/bundle') };
    // Root may write anywhere, so somebody else has to try.
    const { stdout, stderr } = await startScript(
      new URL('../testing/train.ts', import.meta.url),
      [JSON.stringify(request)],
      { ...(root && { uid: 65534, gid: 65534 }), env: { ...process.env, CFLOW_CACHE: at('cache') } },
    ).ended;
    expect(stdout, stderr).not.toContain('epoch');
    expect(JSON.parse(stdout.trim().split('\n').at(-1) as string)).toMatchObject({
      name: 'StorageError',
      code: 'permission',
      message: expect.stringContaining('may not be read or written'),
    });
    expect(await readdir(at('shut'))).toEqual([]);
  });
});
