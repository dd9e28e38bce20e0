// Images of more bits than 8: what is said of them.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonLines } from '../../testing/run-cli.js';
import { createWorkplace, TINY, type Workplace } from '../../testing/workplace.js';

let place: Workplace;
beforeAll(async () => {
  place = await createWorkplace();
  await mkdir(join(place.path, 'deep'));
  for (let i = 0; i < 4; i++) {
    const { data, info } = await sharp(join(place.dataSet, `train/good/00${i}.png`))
      .raw()
      .toBuffer({ resolveWithObject: true });
    const { width, height, channels } = info;
    const samples = Uint16Array.from(data, (value) => value << 4);
    await sharp(samples, { raw: { width, height, channels } })
      .toColourspace('rgb16')
      .png()
      .toFile(join(place.path, 'deep', `${i}.png`));
  }
});
afterAll(() => place.remove());

describe('images of 12 bits in files of 16', () => {
  it('are said to be so by cflow inspect', async () => {
    const { stdout } = await place.cflow('inspect', 'deep');
    expect(stdout).toMatch(/^values +0 to 4095, 12 bits, as found over the good images; --range says/m);
    const report = JSON.parse((await place.cflow('inspect', 'deep', '--json')).stdout);
    expect(report.range).toEqual({ low: 0, high: 4095, told: false });
  });

  it('are trained on at the range that was found; what does not fit is warned of', async () => {
    const trained = await place.cflow('train', 'deep', ...TINY, '--no-evaluate');
    expect(trained.code, trained.stderr).toBe(0);
    const predict = [
      'predict',
      'deep.cflow',
      'deep/0.png',
      'brushed-metal/test/good/000.png',
      '--device',
      'cpu',
    ];
    const json = jsonLines((await place.cflow(...predict, '--json')).stdout);
    expect(json.map(({ warnings }) => warnings)).toEqual([
      [expect.stringMatching(/^has samples of 8 bits/)],
      undefined,
    ]);
    const { stderr } = await place.cflow(...predict);
    expect(stderr).toMatch(/^warning: \S*000.png has samples of 8 bits, expected more/m);
  });

  it('are taken at the range that is told', async () => {
    const args = ['train', 'deep', ...TINY, '--no-evaluate', '--name', 'told'];
    const wrong = await place.cflow(...args, '--range', '4095:0');
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('Expected the lowest and the highest value, such as 0:4095.');
    const { code, stderr } = await place.cflow(...args, '--range', '0:100', '--out-of-range', 'error');
    expect(code).toBe(1);
    expect(stderr).toMatch(/lie outside of 0 to 100, found \d+ to \d+; give images of the kind/);
  });
});
