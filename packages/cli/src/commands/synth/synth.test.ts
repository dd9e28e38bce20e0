import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeImage } from '@cflow/images/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectError } from '../../testing/expect-error.js';
import { jsonLines } from '../../testing/run-cli.js';
import { createWorkplace, type Workplace } from '../../testing/workplace.js';

let place: Workplace;
beforeAll(async () => {
  place = await createWorkplace();
});
afterAll(() => place.remove());

describe('cflow synth', () => {
  const args = [
    'synth',
    'parts',
    '--materials',
    'wood',
    '--train',
    '2',
    '--test-good',
    '1',
    '--per-defect',
    '1',
  ];

  it('renders the same data set each time, with masks', async () => {
    const first = await place.cflow(...args, '--size', '48', '--json');
    expect(first.code, first.stderr).toBe(0);
    expect(jsonLines(first.stdout)).toMatchObject([
      { size: 48, dataSets: [{ path: 'parts/wood', train: 2, testGood: 1, testBad: 4 }] },
    ]);
    const image = join(place.path, 'parts/wood/test/crack/000.png');
    const bytes = await readFile(image);
    expect(await decodeImage(image)).toMatchObject({ width: 48, height: 48 });
    await readFile(join(place.path, 'parts/wood/ground_truth/crack/000_mask.png'));
    expect((await place.cflow(...args, '--size', '48')).code).toBe(0);
    expect(await readFile(image)).toEqual(bytes);
  });

  it('does not mix with files of another data set', async () => {
    await mkdir(join(place.path, 'parts/wood/train/good'), { recursive: true });
    await writeFile(join(place.path, 'parts/wood/train/good/mine.png'), 'mine');
    expectError(await place.cflow(...args, '--size', '48'), 1, 'mine.png');
    expectError(await place.cflow('synth', 'x', '--materials', 'cheese'), 2, 'cheese', 'brushed-metal');
  });
});
