import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeImage } from '@cflow/images/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectError } from '../../testing/expect-error.js';
import { jsonLines } from '../../testing/run-cli.js';
import { createTrainedWorkplace, type Workplace } from '../../testing/workplace.js';

let place: Workplace;
beforeAll(async () => {
  place = await createTrainedWorkplace();
});
afterAll(() => place.remove());

const CPU = ['--device', 'cpu', '--threads', '2'];

describe('cflow evaluate', () => {
  it('prints one JSON object with --json', async () => {
    const args = ['evaluate', 'metal.cflow', 'brushed-metal', ...CPU];
    const { code, stdout } = await place.cflow(...args, '--json', '--false-alarm-rate', '0.2');
    expect(code).toBe(0);
    const [result, ...more] = jsonLines(stdout);
    expect(more).toEqual([]);
    expect(result).toMatchObject({ images: 8, goodImages: 3, badImages: 5, device: 'cpu', unreadable: 0 });
    for (const figure of ['imageAuroc', 'pixelAuroc', 'aupro', 'f1'])
      expect(result?.[figure]).toBeTypeOf('number');
    expect(result?.defects).toHaveLength(5);
  });

  it('writes scores and pictures of the mistakes', async () => {
    const args = ['evaluate', 'metal.cflow', 'brushed-metal', ...CPU, '--output', 'review'];
    const { code, stdout } = await place.cflow(...args, '--threshold', '-1');
    expect(code).toBe(0);
    expect(stdout).toContain('3 of 3 good images called bad');
    expect(stdout).toMatch(/^promised +at score +good called bad +bad found\n1 % .* of 3 .* of 5\n2 % /m);
    const csv = (await readFile(join(place.path, 'review/scores.csv'), 'utf8')).trimEnd().split('\r\n');
    expect(csv).toHaveLength(9);
    expect(csv[0]).toBe('image,label,defect,score,false_alarm_probability,predicted');
    const mistakes = await readdir(join(place.path, 'review/mistakes'), { recursive: true });
    expect(mistakes.filter((name) => name.endsWith('.png'))).toHaveLength(3);
    expect(await decodeImage(join(place.path, 'review/contact-sheet.png'))).toMatchObject({ width: 720 });
    const json = JSON.parse(await readFile(join(place.path, 'review/evaluation.json'), 'utf8'));
    expect(json.scores).toHaveLength(8);
    // Again, now without mistakes among the good: the old ones must be gone.
    await place.cflow(...args, '--threshold', '1e9');
    const now = await readdir(join(place.path, 'review/mistakes'), { recursive: true });
    expect(now.filter((name) => name.endsWith('.png'))).toHaveLength(5);
  });

  it.each([
    [['nowhere.cflow'], /nowhere\.cflow/],
    [['metal.cflow', '--output', 'metal.cflow/manifest.json'], /expected a folder at .*found a file/],
  ])('refuses before it looks for the data set: %j', async ([bundle = '', ...flags], words) => {
    expectError(await place.cflow('evaluate', bundle, 'no-data', ...flags), 1, words);
  });

  it('refuses a data set without labels', async () => {
    const result = await place.cflow('evaluate', 'metal.cflow', 'brushed-metal/train/good', ...CPU);
    expectError(result, 1, 'label');
  });
});
