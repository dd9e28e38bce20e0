import { spawn } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Result } from '@cflow/line';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectError } from '../../testing/expect-error.js';
import { CFLOW, jsonLines } from '../../testing/run-cli.js';
import { createTrainedWorkplace, type Workplace } from '../../testing/workplace.js';

const CPU = ['--device', 'cpu', '--threads', '1'];

let place: Workplace;
let picture: Buffer;
beforeAll(async () => {
  place = await createTrainedWorkplace();
  picture = await readFile(join(place.dataSet, 'test/good/000.png'));
});
afterAll(() => place.remove());

/** A folder of its own, with `incoming` in it, and `cflow watch` on that. */
async function line(name: string) {
  const folder = join(place.path, name);
  await mkdir(join(folder, 'incoming'), { recursive: true });
  const watch = (...args: string[]) =>
    place.cflow('watch', `${name}/incoming`, '--detector', 'metal.cflow', ...CPU, '--settle', '50', ...args);
  const put = async (file: string, bytes: Buffer | string = picture) => {
    const path = join(folder, 'incoming', file);
    await writeFile(`${path}.partial`, bytes);
    await rename(`${path}.partial`, path);
  };
  return { folder, watch, put, at: (file: string) => `${name}/${file}` };
}

/** The rows of a CSV file, each by the names of its columns. */
async function rows(path: string): Promise<Record<string, string>[]> {
  const text = await readFile(path, 'utf8');
  const [header = '', ...lines] = text.trimEnd().split('\r\n');
  const names = header.split(',');
  return lines.map((each) => {
    const cells = each.split(',');
    return Object.fromEntries(names.map((column, i) => [column, cells[i] ?? '']));
  });
}

describe('cflow watch', () => {
  it('scores what is there as predict does, and brings it to every sink', async () => {
    const { folder, watch, at } = await line('plain');
    await cp(join(place.dataSet, 'test'), join(folder, 'incoming'), { recursive: true });
    const { code, stdout, stderr } = await watch(
      ...['--to', `csv:${at('v.csv')}`, '--to', `jsonl:${at('v.jsonl')}`, '--to', `move:${at('done')}`],
      ...['--pictures', 'all', '--pictures-dir', at('seen'), '--once', '--json'],
    );
    expect(code, stderr).toBe(0);
    const printed = jsonLines(stdout) as unknown as Result[];
    expect(printed).toHaveLength(8);
    expect(jsonLines(await readFile(join(folder, 'v.jsonl'), 'utf8'))).toEqual(printed);
    const predicted = jsonLines(
      (await place.cflow('predict', 'metal.cflow', 'brushed-metal/test', '--json', ...CPU)).stdout,
    );
    for (const { image, score, label } of predicted) {
      const found = printed.find(({ name }) => name === image);
      expect(found).toMatchObject({ label, verdict: label });
      expect(found?.score).toBeCloseTo(score as number, 6);
    }
    expect((await rows(join(folder, 'v.csv'))).map(({ name }) => name)).toEqual(
      printed.map(({ name }) => name),
    );
    expect(await readdir(join(folder, 'seen'))).toHaveLength(8);
    const moved = (await readdir(join(folder, 'done'), { recursive: true })).filter((n) =>
      n.endsWith('.png'),
    );
    expect(moved.sort()).toEqual(printed.map(({ verdict, name }) => `${verdict}/${name}`).sort());
    const again = await watch('--to', `csv:${at('v.csv')}`, '--once');
    expect(again).toMatchObject({ code: 0, stdout: '', stderr: '0 frames: 0 bad, 0 good\n' });
  });

  it('applies rules, tells them with each verdict, and says what it cannot read', async () => {
    const { folder, watch, put, at } = await line('ruled');
    for (const name of ['a.png', 'b.png', 'c.png']) await put(name);
    await put('d.png', 'no image');
    const { code, stdout, stderr } = await watch(
      ...['--to', `csv:${at('v.csv')}`, '--threshold', '-1', '--rule', '2of3', '--rule', 'stop:3', '--once'],
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ +number +frame +score +false alarm +label +verdict\n/);
    expect(stderr).toMatch(/not readable: .*d\.png.*not an image/);
    expect(stderr).toContain('4 frames: 2 bad, 1 good, 1 not readable');
    expect((await rows(join(folder, 'v.csv'))).map(({ verdict, alarms }) => [verdict, alarms])).toEqual([
      ['good', ''],
      ['bad', ''],
      ['bad', 'stop'],
      ['', ''],
    ]);
  });

  it('ends on a signal with everything delivered, and lets no second line have its state', async () => {
    const { folder, put, watch, at } = await line('stopped');
    const args = ['watch', at('incoming'), '--detector', 'metal.cflow', ...CPU, '--settle', '50', '--json'];
    const child = spawn(process.execPath, [CFLOW, ...args, '--to', `csv:${at('v.csv')}`], {
      cwd: place.path,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    await put('a.png');
    await new Promise((resolve) => child.stdout.once('data', resolve));
    expectError(
      await watch('--to', `csv:${at('v.csv')}`, '--once'),
      1,
      /another process .*--state of its own/,
    );
    // The folder goes away and comes back with one more.
    await rename(join(folder, 'incoming'), join(folder, 'away'));
    await expect.poll(() => stderr, { timeout: 10_000 }).toContain('the source is lost, trying again');
    await rename(join(folder, 'away'), join(folder, 'incoming'));
    const second = new Promise((resolve) => child.stdout.once('data', resolve));
    await put('b.png');
    await second;
    child.kill('SIGTERM');
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(143);
    expect(stderr).toContain('the source is back');
    expect((await rows(join(folder, 'v.csv'))).map(({ name }) => name)).toEqual(['a.png', 'b.png']);
  });

  it('refuses what cannot work before anything is written', async () => {
    const { watch, at, folder } = await line('refused');
    const to = ['--to', `csv:${at('v.csv')}`];
    expectError(
      await place.cflow('watch', 'nowhere', '--detector', 'metal.cflow', ...to),
      2,
      'expected a folder',
    );
    expectError(await watch('--to', 'parquet:x'), 2, /no kind "parquet"; expected csv:FILE/);
    expectError(await watch('--to', 'nonsense'), 2, 'expected csv:FILE');
    expectError(await watch('--to', 'mqtt://broker/a/#'), 2, 'expected a topic to begin with');
    expectError(await watch('--to', 'mqtt://'), 2, 'expected a complete address');
    expectError(await watch('--to', 'https://gate.local/x'), 2, 'CFLOW_WEBHOOK_SECRET');
    expectError(await watch(...to, ...to), 2, 'given twice');
    expectError(await watch(...to, '--rule', '4of3'), 2, 'expected 2of3');
    expectError(await watch('--to', `move:${at('incoming/done')}`), 2, 'scored again');
    expectError(await watch(...to, '--pictures-dir', at('seen')), 2, '--pictures');
    await writeFile(join(folder, 'v.csv'), 'precious');
    expectError(await watch(...to, '--state', at('fresh')), 2, /expected no file .* yet/);
    expect(await readFile(join(folder, 'v.csv'), 'utf8')).toBe('precious');
    await rm(join(folder, 'v.csv'));
    expectError(await watch(...to, '--detector', 'nowhere.cflow'), 1, 'nowhere.cflow');
  });
});
