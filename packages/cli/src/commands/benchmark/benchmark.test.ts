import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectError } from '../../testing/expect-error.js';
import { runCli } from '../../testing/run-cli.js';
import { createWorkplace, TINY, type Workplace } from '../../testing/workplace.js';
import type { BenchmarkResult } from './run.js';

let place: Workplace;
beforeAll(async () => {
  place = await createWorkplace();
  // Two categories of the same images: what differs between them is the order of things alone.
  await cp(place.dataSet, join(place.path, 'parts/metal'), { recursive: true });
  await cp(place.dataSet, join(place.path, 'parts/lid'), { recursive: true });
  await mkdir(join(place.path, 'parts/notes'));
});
afterAll(() => place.remove());

const at = (...names: string[]): string => join(place.path, ...names);

const cellFiles = async (run: string): Promise<Map<string, number>> => {
  const names = await readdir(at(run, 'cells')).catch(() => []);
  const times = names
    .filter((name) => name.endsWith('.json'))
    .map(async (name) => [name, (await stat(at(run, 'cells', name))).mtimeMs] as const);
  return new Map(await Promise.all(times));
};

const readRun = async (run: string): Promise<BenchmarkResult> =>
  JSON.parse(await readFile(at(run, 'benchmark.json'), 'utf8'));

describe('cflow benchmark', () => {
  it('goes on after kill -9 with what is missing, and gives the figures of an uninterrupted run', async () => {
    const command = ['benchmark', 'parts', ...TINY, '--seeds', '2'];
    const whole = await place.cflow(...command, '--output', 'whole', '--json');
    expect(whole.code, whole.stderr).toBe(0);
    const expected = JSON.parse(whole.stdout) as BenchmarkResult;
    expect(await readRun('whole')).toEqual(expected);
    expect(expected.cells.map(({ category, seed }) => `${category} ${seed}`)).toEqual([
      'lid 0',
      'metal 0',
      'lid 1',
      'metal 1',
    ]);
    // Of what a run needed on its way nothing is left.
    expect(await readdir(at('whole/work')).catch(() => [])).toEqual([]);

    const killed = runCli([...command, '--output', 'killed', '--verbose'], {
      cwd: place.path,
      onStderr: (stderr, child) => {
        if (stderr.includes('3 of 4') && stderr.split('3 of 4')[1]?.includes('epoch')) child.kill('SIGKILL');
      },
    });
    expect(await killed).toMatchObject({ code: null, signal: 'SIGKILL' });
    const before = await cellFiles('killed');
    expect(before.size).toBe(2);
    await expect(readRun('killed')).rejects.toThrow('ENOENT');

    const { code, stdout, stderr } = await place.cflow(...command, '--output', 'killed');
    expect(code, stderr).toBe(0);
    expect(stderr).not.toContain('1 of 4');
    expect(stdout).toMatch(/^lid .*\d\.\d{3} ± \d\.\d{3}/m);
    expect(stdout).toMatch(/^average /m);
    const after = await cellFiles('killed');
    expect(after.size).toBe(4);
    for (const [name, time] of before) expect(after.get(name)).toBe(time);
    const figures = ({ cells }: BenchmarkResult) => cells.map(({ key, metrics }) => ({ key, metrics }));
    expect(figures(await readRun('killed'))).toEqual(figures(expected));
    expect(await readdir(at('killed/work')).catch(() => [])).toEqual([]);

    // One that is killed between storing a result and clearing up leaves this.
    const [cell] = expected.cells;
    const left = at('killed/work', `${cell?.key.slice(0, 16)}.cflow`);
    for (const folder of [left, `${left}.training`]) {
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, 'manifest.json'), '{}');
    }
    expect((await place.cflow(...command, '--output', 'killed', '--quiet')).code).toBe(0);
    expect(await readdir(at('killed/work')).catch(() => [])).toEqual([]);
  });

  it('takes one data set as well, and compares with another run', async () => {
    const first = await place.cflow('benchmark', 'parts/metal', ...TINY, '--seeds', '1');
    expect(first.code, first.stderr).toBe(0);
    expect(first.stdout).not.toMatch(/^average/m);
    const { stdout, code, stderr } = await place.cflow(
      ...['benchmark', 'parts', '--categories', 'metal', ...TINY, '--seeds', '1', '--lr', '0.01'],
      ...['--compare', 'metal.benchmark', '--output', 'other', '--keep-bundles', '--quiet'],
    );
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^metal +[+-]0\.\d{3} \([01]:[01]\)/m);
    const { comparison } = await readRun('other');
    expect(comparison?.variants[0]?.pairs).toBe(1);
    const [bundle] = await readdir(at('other/bundles'));
    expect(await readdir(at('other/bundles', bundle as string))).toContain('manifest.json');
  });

  it('trains anew what has changed', async () => {
    const command = [
      'benchmark',
      'parts',
      '--categories',
      'lid',
      ...TINY,
      '--seeds',
      '1',
      '--quiet',
      '--json',
    ];
    const keyOf = async (...more: string[]): Promise<string | undefined> => {
      const { stdout, stderr, code } = await place.cflow(...command, ...more, '--output', 'changing');
      expect(code, stderr).toBe(0);
      return (JSON.parse(stdout) as BenchmarkResult).cells[0]?.key;
    };
    const first = await keyOf();
    await cp(at('parts/lid/train/good/001.png'), at('parts/lid/train/good/000.png'));
    const second = await keyOf();
    expect(new Set([first, second, await keyOf(), await keyOf('--lr', '0.003')]).size).toBe(3);
    expect((await cellFiles('changing')).size).toBe(3);
  });

  it('tells which cells failed, keeps the others, and tries again', async () => {
    await cp(place.dataSet, at('partly/a'), { recursive: true });
    await cp(place.dataSet, at('partly/b'), { recursive: true });
    const broken = at('partly/b/train/good');
    for (const name of await readdir(broken)) await writeFile(join(broken, name), 'not an image');
    const command = ['benchmark', 'partly', ...TINY, '--seeds', '1'];
    const result = await place.cflow(...command);
    expectError(result, 1, '1 of 2 cells failed', 'could be read');
    expect(result.stdout).toMatch(/^a /m);
    expect((await readRun('partly.benchmark')).failed).toMatchObject([{ category: 'b', seed: 0 }]);
    await rm(broken, { recursive: true });
    await cp(join(place.dataSet, 'train/good'), broken, { recursive: true });
    expect((await place.cflow(...command)).code).toBe(0);
  });

  it('starts a cell anew whose leftovers cannot be gone on with, but not one that diverged', async () => {
    const command = ['benchmark', 'parts', '--categories', 'lid', ...TINY, '--seeds', '1', '--verbose'];
    const diverging = [...command, '--epochs', '9', '--lr', '1e30', '--output', 'diverging'];
    const run = async (): Promise<string> => {
      const { code, stderr } = await place.cflow(...diverging);
      expect(code, stderr).toBe(1);
      expect(stderr).toMatch(/^error: 1 of 1 cell failed.*diverged/m);
      expect((await readRun('diverging')).failed[0]?.error).toContain('diverged');
      return stderr;
    };
    // Features are computed by a run that starts anew; one that goes on has them.
    expect(await run()).toContain('features of');
    expect(await run()).not.toContain('features of');
    const folder = (await readdir(at('diverging/work'))).find((name) => name.endsWith('.training')) as string;
    await writeFile(at('diverging/work', folder, 'run.json'), '{"conf');
    expect(await run()).toContain('features of');
  });

  it('refuses what cannot be benchmarked before it trains anything', async () => {
    const benchmark = (...args: string[]) => place.cflow('benchmark', ...args, ...TINY);
    expectError(await benchmark('nowhere'), 1, 'nowhere');
    expectError(await benchmark('parts/notes'), 1, 'train/good');
    expectError(await benchmark('parts', '--categories', 'screw'), 2, 'screw', 'lid, metal');
    expectError(await benchmark('parts', '--presets', 'slow'), 2, 'slow', 'anomalib');
    expectError(await benchmark('parts', '--backbones', 'nonsense'), 2, 'nonsense', 'resnet18');
    expectError(
      await benchmark('parts', '--backbones', 'embedded,resnet18', '--weights', 'a.safetensors'),
      2,
      'expected 2, got 1',
    );
    expectError(await benchmark('parts', '--compare', 'nowhere'), 1, 'nowhere', 'benchmark.json');
    expectError(await benchmark('parts', '--chosen-on', 'screw'), 2, 'screw', 'lid, metal');
    expectError(await benchmark('parts', '--chosen-on', 'lid,metal'), 2, 'confirm');
    expectError(await benchmark('parts', '--variant', 'a:nonsense=1'), 2, 'nonsense');
    await cp(join(place.dataSet, 'train'), at('untested/train'), { recursive: true });
    expectError(await benchmark('untested'), 1, 'untested', '0 good and 0 bad');
  });
});
