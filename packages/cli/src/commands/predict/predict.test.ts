import { spawn } from 'node:child_process';
import { copyFile, cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFolderBundle } from '@cflow/detector/node';
import { withThroughput } from '@cflow/detector/testing';
import { decodeImage } from '@cflow/images/node';
import { readMapPng16, writePng } from '@cflow/visual/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectError } from '../../testing/expect-error.js';
import { CFLOW, jsonLines, runCli } from '../../testing/run-cli.js';
import { createTrainedWorkplace, TINY, type Workplace } from '../../testing/workplace.js';

let place: Workplace;
beforeAll(async () => {
  place = await createTrainedWorkplace();
});
afterAll(() => place.remove());

const SOME = 'brushed-metal/test/*/000.png';
const CPU = ['--device', 'cpu', '--threads', '2'];

describe('cflow predict', () => {
  it('prints a table, and what it came to on stderr', async () => {
    const { code, stdout, stderr } = await place.cflow('predict', 'metal.cflow', SOME, ...CPU);
    expect(code, stderr).toBe(0);
    const [header, ...rows] = stdout.trimEnd().split('\n');
    expect(header).toMatch(/^image +score +false alarm +label +regions$/);
    expect(rows).toHaveLength(6);
    expect(stderr).toMatch(/^6 images: \d bad, \d good; threshold .* on cpu/);
  });

  it('prints one JSON object per image, the same alone as among others', async () => {
    const all = jsonLines((await place.cflow('predict', 'metal.cflow', SOME, '--json', ...CPU)).stdout);
    expect(all.map(({ image }) => image)).toEqual([
      'contamination/000.png',
      'dent/000.png',
      'good/000.png',
      'hole/000.png',
      'scratch/000.png',
      'stain/000.png',
    ]);
    const alone = await place.cflow(
      ...['predict', 'metal.cflow', 'brushed-metal/test/hole/000.png', '--json', '--layers', ...CPU],
    );
    const [line] = jsonLines(alone.stdout);
    expect(line?.score).toBeCloseTo(all[3]?.score as number, 6);
    expect(line).toMatchObject({
      label: expect.stringMatching(/good|bad/),
      mapSize: { width: 64, height: 64 },
    });
    expect(line?.layers).toHaveLength(3);
  });

  it('says of a picture that is far too small that its score says little', async () => {
    await writePng(join(place.path, 'speck.png'), { width: 1, height: 1, data: new Uint8Array(3) });
    const { code, stdout, stderr } = await place.cflow(
      ...['predict', 'metal.cflow', 'speck.png', '--json', ...CPU],
    );
    expect(code, stderr).toBe(0);
    const said = /is 1x1 pixels, enlarged to 64x64/;
    expect(stderr).toMatch(said);
    expect(jsonLines(stdout)[0]).toMatchObject({ warnings: [expect.stringMatching(said)] });
  });

  it('labels by the threshold that is asked for, and fails on bad ones when told to', async () => {
    const labels = async (...options: string[]): Promise<[unknown[], number | null]> => {
      const { stdout, code } = await place.cflow(
        'predict',
        'metal.cflow',
        SOME,
        '--json',
        ...CPU,
        ...options,
      );
      return [[...new Set(jsonLines(stdout).map(({ label }) => label))], code];
    };
    expect(await labels('--threshold', '-1', '--fail-on-bad')).toEqual([['bad'], 1]);
    expect(await labels('--threshold', '1e9', '--fail-on-bad')).toEqual([['good'], 0]);
    expect(await labels('--threshold', '-1')).toEqual([['bad'], 0]);
    expect(await labels('--false-alarm-rate', '0.999999')).toEqual([['bad'], 0]);
  });

  it('writes maps that hold the score, and overlays at the size of the image', async () => {
    const big = join(place.path, 'big');
    await mkdir(big);
    await writePng(join(big, 'a.png'), { width: 150, height: 100, data: new Uint8Array(45000).fill(120) });
    await copyFile(join(big, 'a.png'), join(big, 'a.bmp.png'));
    const args = ['predict', 'metal.cflow', 'big', '--json', ...CPU, '--overlays', 'seen'];
    const png16 = jsonLines((await place.cflow(...args, '--maps', 'maps16')).stdout);
    for (const { mapFile, overlayFile, score } of png16 as Record<string, string>[]) {
      const map = await readMapPng16(join(place.path, mapFile as string));
      expect(Math.max(...map.data)).toBeCloseTo(Number(score), 3);
      expect(await decodeImage(join(place.path, overlayFile as string))).toMatchObject({
        width: 150,
        height: 100,
      });
    }
    await place.cflow(...args, '--maps', 'raw', '--map-format', 'f32', '--layers');
    const npy = await readFile(join(place.path, 'raw', 'a.npy'));
    expect(npy.subarray(1, 6).toString()).toBe('NUMPY');
    expect(npy.toString('latin1')).toContain('(64, 64)');
    expect(npy.length % 64).toBe(0);
    const values = new Float32Array(npy.buffer.slice(npy.byteOffset + 128, npy.byteOffset + npy.length));
    expect(Math.max(...values)).toBeCloseTo(png16[1]?.score as number, 6);
    expect(await readdir(join(place.path, 'raw'))).toHaveLength(8);
    await place.cflow(...args, '--maps', 'colors', '--map-format', 'png8');
    expect(await decodeImage(join(place.path, 'colors', 'a.png'))).toMatchObject({ width: 64, height: 64 });
  });

  it('leaves out what a mask covers', async () => {
    const image = 'brushed-metal/test/hole/000.png';
    const predict = async (...options: string[]) =>
      jsonLines((await place.cflow('predict', 'metal.cflow', image, '--json', ...CPU, ...options)).stdout)[0];
    const halves = await Promise.all(
      [0, 32].map(async (top) => {
        // The mask is twice the map's size, so it has to be brought to it.
        const data = new Uint8Array(128 * 128).fill(1);
        data.fill(0, top * 2 * 128, (top + 32) * 2 * 128);
        await writePng(join(place.path, `mask-${top}.png`), { width: 128, height: 128, data });
        const half = await predict('--ignore', `mask-${top}.png`, '--pixel-threshold', '-100');
        expect(half?.regions).toMatchObject([{ box: { x: 0, y: top, width: 64, height: 32 }, area: 2048 }]);
        return half?.score as number;
      }),
    );
    expect(Math.max(...halves)).toBeCloseTo((await predict())?.score as number, 6);
    expect(halves[0]).not.toBe(halves[1]);
  });

  it('tells regions in pixels of the picture, and crumbs where they are asked for', async () => {
    const { width, height, data } = await decodeImage(join(place.dataSet, 'test/hole/000.png'));
    // Twice as wide, each pixel two: the map is that of the same part, and lies over other pixels.
    const wide = { width: width * 2, height, data: new Uint8Array(data.length * 2) };
    for (let i = 0; i < width * height; i++)
      for (let c = 0; c < 6; c++) wide.data[i * 6 + c] = data[i * 3 + (c % 3)]!;
    await writePng(join(place.path, 'wide.png'), wide);
    const predict = async (...options: string[]) =>
      jsonLines(
        (await place.cflow('predict', 'metal.cflow', 'wide.png', '--json', ...CPU, ...options)).stdout,
      )[0] as { imageSize: unknown; mapSize: unknown; regions: { area: number }[] };
    const whole = await predict('--pixel-threshold', '-1e30');
    expect(whole.imageSize).toEqual({ width: 2 * width, height });
    expect(whole.mapSize).toEqual({ width: 64, height: 64 });
    expect(whole.regions).toMatchObject([
      { box: { x: 0, y: 0, width: 2 * width, height }, area: 2 * width * height },
    ]);
    const all = await predict('--pixel-threshold', '0', '--min-share', '0');
    expect((await predict('--pixel-threshold', '0', '--min-share', '1')).regions.length).toBeLessThanOrEqual(
      all.regions.length,
    );
    const { code, stderr } = await place.cflow('predict', 'metal.cflow', 'wide.png', '--min-share', '2');
    expect([code, stderr]).toEqual([2, expect.stringMatching(/Expected a number from 0 to 1/)]);
  });

  it('names and counts what it cannot read, and goes on', async () => {
    const folder = join(place.path, 'incoming');
    await mkdir(folder);
    const whole = await readFile(join(place.dataSet, 'test/good/000.png'));
    await writeFile(join(folder, 'a.png'), whole.subarray(0, 1000));
    await writeFile(join(folder, 'b\u001b[31m.png'), 'no image');
    await writeFile(join(folder, 'c.png'), whole);
    const table = await place.cflow('predict', 'metal.cflow', 'incoming', ...CPU);
    expect(table.code).toBe(0);
    expect(table.stderr).toMatch(/left out: .*a\.png/);
    expect(table.stderr).toContain('2 images could not be read');
    expect(table.stderr + table.stdout).not.toContain('\u001b');
    expect(table.stdout).toMatch(/^c\.png/m);
    const strict = await place.cflow('predict', 'metal.cflow', 'incoming', '--json', '--strict', ...CPU);
    expect(strict.code).toBe(2);
    const lines = jsonLines(strict.stdout);
    expect(lines.filter((line) => 'error' in line)).toHaveLength(2);
    expect(lines.filter((line) => 'score' in line)).toMatchObject([{ image: 'c.png' }]);
  });

  it('does not mind a reader that goes away', async () => {
    const child = spawn(
      process.execPath,
      [CFLOW, 'predict', join(place.path, 'metal.cflow'), join(place.dataSet, 'test'), '--json', ...CPU],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.stdout.destroy();
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect([code, stderr]).toEqual([0, '']);
  });

  it('refuses what is not a bundle, and a damaged one', async () => {
    const predict = ['predict', 'nowhere.cflow', SOME, ...CPU];
    expectError(await place.cflow(...predict), 1, 'nowhere.cflow');
    expectError(
      await place.cflow('predict', 'brushed-metal', SOME, ...CPU),
      1,
      'brushed-metal',
      'manifest.json',
    );
    expectError(await place.cflow('predict', 'metal.cflow', 'nowhere.png', ...CPU), 1, 'nowhere.png');
    await cp(join(place.path, 'metal.cflow'), join(place.path, 'flipped.cflow'), { recursive: true });
    const file = join(place.path, 'flipped.cflow', 'decoders.safetensors');
    const bytes = await readFile(file);
    bytes[bytes.length - 100]! ^= 1;
    await writeFile(file, bytes);
    for (const command of [
      ['predict', 'flipped.cflow', SOME, ...CPU],
      ['evaluate', 'flipped.cflow', 'brushed-metal', ...CPU],
      ['export', 'flipped.cflow'],
    ]) {
      expectError(await place.cflow(...command), 1, 'decoders.safetensors', 'damaged');
    }
  });
});

describe('the precision mode throughput', () => {
  const THROUGHPUT = [...CPU, '--precision-mode', 'throughput'];

  it('needs a detector that was calibrated for it', async () => {
    const refused = await place.cflow('predict', 'metal.cflow', SOME, ...THROUGHPUT);
    expectError(refused, 1, 'not calibrated for the precision mode throughput', '"cflow calibrate"');
  });

  it('is said of each image, by the thresholds of that mode', async () => {
    const files = new Map<string, Uint8Array>();
    const folder = join(place.path, 'metal.cflow');
    for (const name of await readdir(folder)) files.set(name, await readFile(join(folder, name)));
    await writeFolderBundle(join(place.path, 'both.cflow'), await withThroughput(files, { score: 1.25 }));
    const { stdout } = await place.cflow('predict', 'both.cflow', SOME, '--json', ...THROUGHPUT);
    expect(jsonLines(stdout)).toHaveLength(6);
    for (const line of jsonLines(stdout))
      expect(line).toMatchObject({ precisionMode: 'throughput', threshold: 1.25 });
    const table = await place.cflow('predict', 'both.cflow', SOME, ...THROUGHPUT);
    expect(table.stderr).toMatch(/on cpu, precision mode throughput/);
    const exact = await place.cflow('predict', 'both.cflow', SOME, '--json', ...CPU);
    for (const line of jsonLines(exact.stdout)) expect(line).not.toHaveProperty('precisionMode');
  });

  it('is calibrated on a card, and on nothing else', async () => {
    const before = await readFile(join(place.path, 'metal.cflow/manifest.json'));
    const result = await place.cflow('calibrate', 'metal.cflow', 'brushed-metal/test/good');
    expectError(result, 1, 'only an NVIDIA card has the precision mode throughput');
    expect(await readFile(join(place.path, 'metal.cflow/manifest.json'))).toEqual(before);
  });

  it('is none in which detectors are trained', async () => {
    const result = await runCli(['train', 'brushed-metal', ...TINY, '--output', 'other.cflow'], {
      cwd: place.path,
      env: { CFLOW_PRECISION_MODE: 'throughput' },
    });
    expectError(result, 2, 'made in the precision mode exact');
  });
});
