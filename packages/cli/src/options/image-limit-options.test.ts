import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeImage, examineDataSet, openDataSet, readImages } from '@cflow/images/node';
import { writePng } from '@cflow/visual/node';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imageLimits, withImageLimitOptions } from './image-limit-options.js';

/** A line scan: more pixels than are read without a word. */
const SCAN = { width: 16_384, height: 4944 };

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cflow-scan-'));
  path = join(folder, 'scan.png');
  await writePng(path, { ...SCAN, data: new Uint8Array(SCAN.width * SCAN.height * 3).fill(90) });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('--max-megapixels', () => {
  it('reads an image of 81 megapixels, which is refused with that advice otherwise', async () => {
    await expect(decodeImage(path)).rejects.toThrow(
      /the limit is 67108864; --max-megapixels of a command raises it/,
    );
    const limits = imageLimits({ maxMegapixels: 82 });
    const canvas = { inputSize: [32, 64] } as const;
    const read: unknown[] = [];
    for await (const { original, image } of readImages([{ path }], { limits: limits ?? {}, canvas }))
      read.push([original, image.width, image.data[0]]);
    expect(read).toEqual([[SCAN, 64, 90]]);
  });

  it('counts for masks as well', async () => {
    const named = {
      good: [join(folder, 'good')],
      bad: [join(folder, 'bad')],
      masks: [join(folder, 'masks')],
    };
    for (const [each] of Object.values(named)) {
      await mkdir(each as string);
      await copyFile(path, join(each as string, 'scan.png'));
    }
    const dataSet = { ...(await openDataSet([], named)), missingMasks: 'error' as const };
    const [bad] = dataSet.items.filter(({ label }) => label === 'bad');
    expect(bad?.maskPaths).toEqual([join(folder, 'masks', 'scan.png')]);
    const found = async (maxMegapixels?: number): Promise<boolean> => {
      const limits = maxMegapixels === undefined ? undefined : imageLimits({ maxMegapixels });
      const { report } = await examineDataSet(dataSet, { limits });
      return report.findings.some(({ message }) => /mask/.test(message));
    };
    // The mask marks all of its image, which is only seen where it is read.
    expect(await found()).toBe(false);
    expect(await found(82)).toBe(true);
  });

  it('takes numbers above 0 and up to what resampling can make', () => {
    const parse = (text: string) =>
      withImageLimitOptions(new Command().exitOverride().configureOutput({ writeErr: () => undefined }))
        .parse(['--max-megapixels', text], { from: 'user' })
        .opts();
    expect(parse('81.5')).toEqual({ maxMegapixels: 81.5 });
    for (const wrong of ['0', '-1', '269', 'many']) expect(() => parse(wrong)).toThrow();
    expect(imageLimits({})).toBeUndefined();
    expect(imageLimits({ maxMegapixels: 81.5 })).toEqual({ pixels: 81_500_000, bytes: 652_000_000 });
    expect(imageLimits({ maxMegapixels: 1 })).toEqual({ pixels: 1_000_000, bytes: 2 ** 28 });
  });
});
