import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DataSetReport } from '@cflow/spec';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { testFolder } from '../fixtures/data-sets.js';
import { grayPng, tiff } from '../fixtures/files.js';
import { noise } from '../fixtures/patterns.js';
import { openDataSet } from '../open-data-set.js';
import type { OpenDataSetOptions } from '../open-options.js';
import { dataSetLines } from './data-set-lines.js';
import { checkReport, examineDataSet } from './examine-data-set.js';

const folder = testFolder();

/** A PNG of noise that no other seed gives. */
async function picture(seed: number, width = 12, height = 8): Promise<Uint8Array> {
  return sharp(noise(width * height * 3, seed), { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

async function writePictures(...names: string[]): Promise<void> {
  const files = await Promise.all(names.map(async (name, i) => [name, await picture(i + 1)] as const));
  await folder.write(Object.fromEntries(files));
}

async function reportOf(options: OpenDataSetOptions = {}): Promise<DataSetReport> {
  return (await examineDataSet(await openDataSet(folder.root, options))).report;
}

const kinds = (report: DataSetReport): string[] =>
  report.findings.map(({ kind, severity }) => `${severity} ${kind}`);

describe('what is understood of a data set', () => {
  it('is counted, and fits on a screen', async () => {
    await writePictures(
      'train/good/0.png',
      'train/good/1.png',
      'test/good/2.png',
      'test/crack/3.png',
      'test/dent/4.png',
    );
    await folder.write({
      'ground_truth/crack/3_mask.png': await grayPng(255, 12, 8),
      'ground_truth/dent/4_mask.png': await sharp(
        noise(96, 3).map((value) => (value > 128 ? 255 : 0)),
        { raw: { width: 12, height: 8, channels: 1 } },
      )
        .png()
        .toBuffer(),
      'license.txt': 'x',
      'train/good/IMG_1.HEIC': 'x',
      'Thumbs.db': 'x',
    });
    const report = await reportOf();
    expect(report).toMatchObject({
      layout: 'mvtec',
      good: { train: 2, validation: 0, test: 1 },
      bad: { test: 2, elsewhere: 0, kinds: 2, masks: 2 },
      unlabelled: 0,
      sizes: { smallest: [12, 8], largest: [12, 8], distinct: 1, aspects: [1.5, 1.5] },
      formats: [{ format: 'PNG', color: 'color', bits: 8, images: 5 }],
      examined: 5,
    });
    const lines = dataSetLines({ ...report, name: 'lids' });
    expect(lines).toEqual([
      'data set  lids, read as MVTec AD',
      'good      2 to train on, from train/good',
      '          1 to test on, from test/good',
      'bad       2 to test on, all with masks: 1 crack, 1 dent',
      'pixels    12 x 8; PNG in color of 8 bits',
      'skipped   1 of a system or a file server (Thumbs.db)',
      '          1 not an image (license.txt)',
      '          1 of a format that is not read, HEIC: save as PNG, TIFF or JPEG (train/good/IMG_1.HEIC)',
      'warning   the masks of 1 image mark nearly every pixel, as if inverted: test/crack/3.png',
    ]);
  });

  it('tells copies: within, between training and test, and of good and bad', async () => {
    await writePictures('train/good/0.png', 'train/good/1.png', 'test/good/2.png', 'test/bad/3.png');
    const same = async (name: string, seed: number) => folder.write({ [name]: await picture(seed) });
    await same('train/good/4.png', 1);
    await same('test/good/5.png', 2);
    await same('test/bad/6.png', 3);
    const report = await reportOf();
    expect(kinds(report)).toEqual([
      'warning one-image-good-and-bad',
      'warning copies-between-train-and-test',
      'note copies',
    ]);
    expect(report.findings.map(({ names }) => names)).toEqual([
      ['test/bad/6.png = test/good/2.png'],
      ['test/good/5.png = train/good/1.png'],
      ['train/good/0.png = train/good/4.png'],
    ]);
  });

  it('tells images that are all the same, in bytes or in pixels, all black, or of one color', async () => {
    await folder.plant('good/0.png', 'good/1.png', 'good/2.png');
    expect(kinds(await reportOf())).toContain('warning all-equal');
    await folder.write({
      'good/0.png': await grayPng(0),
      'good/1.png': await grayPng(1),
      'good/2.png': await grayPng(2),
    });
    expect(kinds(await reportOf())).toEqual(['warning all-black']);
    await writePictures('good/0.png', 'good/1.png');
    await folder.write({ 'good/2.png': await grayPng(90, 12, 8) });
    expect(kinds(await reportOf())).toEqual(['warning flat-images']);
    await writeFile(
      join(folder.root, 'good/0.png'),
      await sharp(await picture(7))
        .png({ compressionLevel: 0 })
        .toBuffer(),
    );
    await writeFile(
      join(folder.root, 'good/1.png'),
      await sharp(await picture(7))
        .png({ compressionLevel: 9 })
        .toBuffer(),
    );
    await writeFile(
      join(folder.root, 'good/2.png'),
      await sharp(await picture(7))
        .png({ compressionLevel: 5, palette: false, adaptiveFiltering: true })
        .toBuffer(),
    );
    expect(kinds(await reportOf())).toEqual(['warning all-equal']);
  });

  it('says of images that cannot be read why, also where only their pixels tell', async () => {
    await writePictures('good/0.png', 'good/1.png');
    const whole = await sharp(await picture(3))
      .png()
      .toBuffer();
    await folder.write({ 'good/2.png': whole.subarray(0, -40) });
    const [finding] = (await reportOf()).findings;
    expect(finding?.message).toMatch(
      /^1 image cannot be read, and will be left out: good\/2\.png: this PNG is truncated/,
    );
    const opened = await openDataSet(folder.root);
    const { report } = await examineDataSet(opened, { limits: { pixels: 50 } });
    expect(report.findings[0]).toMatchObject({
      severity: 'problem',
      message: 'of 3 images to train on none can be read; at least 2 are needed',
    });
    expect(report.findings[1]?.message).toMatch(/^3 images cannot be read.*; the first: .*--max-megapixels/);
    await folder.write({ 'labels.csv': 'path,label\ngood/0.png,good\ngood/1.png,good\ngone.png,good\n' });
    const { findings } = await examineDataSet(await openDataSet(join(folder.root, 'labels.csv'))).then(
      (each) => each.report,
    );
    expect(findings[0]?.message).toMatch(/left out: gone\.png: there is no such file/);
  });

  it('finds the file that is cut off among many', async () => {
    const pictures: Record<string, Uint8Array> = {};
    for (let i = 0; i < 120; i++) pictures[`good/${i}.png`] = await picture(i);
    const data = noise(3 * 64 * 64, 5);
    for (const [name, format] of [
      ['77.png', 'png'],
      ['a78.jpg', 'jpeg'],
    ] as const) {
      const whole = await sharp(data, { raw: { width: 64, height: 64, channels: 3 } })
        .toFormat(format)
        .toBuffer();
      pictures[`good/${name}`] = whole.subarray(0, Math.trunc(0.8 * whole.length));
      // Some programs write behind the end of a picture.
      pictures[`good/z${name}`] = Buffer.concat([whole, Buffer.alloc(200)]);
    }
    await folder.write(pictures);
    const unreadable = (await reportOf()).findings.find(({ kind }) => kind === 'unreadable');
    expect(unreadable?.names).toEqual(['good/77.png', 'good/a78.jpg']);
  });

  const deep = (seed: number, factor: number) =>
    tiff(
      12,
      8,
      1,
      Uint16Array.from(noise(96, seed), (value) => value * factor),
    );

  it('finds the bits of 16 that are used, over what is trained on, and tells depths that differ', async () => {
    await folder.write({
      'train/good/0.tif': deep(1, 16),
      'train/good/1.tif': deep(2, 2),
      'test/good/2.tif': deep(3, 16),
    });
    const report = await reportOf();
    expect(kinds(report)).toEqual([]);
    expect(report.range).toEqual({ low: 0, high: 4095, told: false });
    expect(dataSetLines(report).join('\n')).toMatch(
      /^values +0 to 4095, 12 bits, as found over the good images/m,
    );
    await folder.write({ 'test/good/3.tif': deep(3, 255) });
    const brighter = await reportOf();
    expect(brighter.range?.high).toBe(4095);
    expect(brighter.findings[0]?.message).toMatch(
      /^test\/good\/3\.tif: 9\d % of its samples lie outside of 0 to 4095/,
    );
    await writePictures('train/good/2.png');
    expect(kinds(await reportOf())).toEqual(['warning out-of-range', 'warning mixed-depths']);
  });

  it.each([
    ['10 bits', [deep(1, 4), deep(2, 1)], { low: 0, high: 1023 }],
    ['14 bits', [deep(1, 64), deep(2, 1)], { low: 0, high: 16_383 }],
    ['full scale', [deep(1, 65), deep(2, 1)], undefined],
    ['fractions', [tiff(2, 1, 1, Float32Array.of(0.25, 0.75))], { low: 0, high: 1 }],
    ['floats of bytes', [tiff(2, 1, 1, Float32Array.of(3, 200.5))], { low: 0, high: 255 }],
    ['degrees', [tiff(2, 1, 1, Float32Array.of(-12.5, 40))], { low: -12.5, high: 40 }],
  ])('finds %s', async (_, files, range) => {
    await folder.write(Object.fromEntries(files.map((file, i) => [`good/${i}.tif`, file])));
    expect((await reportOf()).range).toEqual(range && { ...range, told: false });
  });

  it('warns where a range that was told is hardly used', async () => {
    await folder.write({ 'good/0.tif': deep(1, 16), 'good/1.tif': deep(2, 16) });
    const range = { low: 0, high: 65_535 };
    const { report } = await examineDataSet(await openDataSet(folder.root), { range });
    expect(report.range).toEqual({ ...range, told: true });
    expect(kinds(report)).toEqual(['warning part-of-range']);
    expect(report.findings[0]?.message).toMatch(/values up to 4\d{3} only, of 0 to 65535/);
  });

  it('says that there is nothing good to test on, or to train on', async () => {
    await writePictures('train/good/0.png', 'train/good/1.png', 'test/bad/2.png', 'train/bad/3.png');
    expect(kinds(await reportOf())).toEqual(['warning bad-in-training', 'warning no-good-test-images']);
    const none = await examineDataSet({ ...(await openDataSet(folder.root)), items: [] });
    expect(kinds(none.report)).toEqual(['problem nothing-to-train-on']);
  });
});

describe('masks of bad images', () => {
  const set = async (mask: Uint8Array, end = 'png'): Promise<void> => {
    await writePictures('train/good/0.png', 'train/good/1.png', 'test/good/2.png', 'test/bad/3.png');
    await folder.write({ [`ground_truth/bad/3_mask.${end}`]: mask });
  };
  const gray = (values: Uint8Array, width = 12) =>
    sharp(values, { raw: { width, height: values.length / width, channels: 1 } });

  it.each([
    [
      'black',
      async () => grayPng(0, 12, 8),
      /3_mask\.png: the mask marks nothing: all of its pixels are black/,
    ],
    [
      'of another shape',
      async () => grayPng(255, 6, 8),
      /the mask is 6x8, of another shape than the image of 12x8/,
    ],
    ['turned', async () => grayPng(255, 8, 12), /which is turned/],
    [
      'cut off',
      async () => (await picture(5)).subarray(0, -40),
      /3_mask\.png: this PNG is truncated or damaged/,
    ],
    [
      'faint noise of a JPEG',
      async () =>
        gray(noise(96, 1).map((value) => value >> 4))
          .jpeg()
          .toBuffer(),
      /marks nothing/,
    ],
  ])('are refused by name when %s, or do not count where told so', async (_, mask, message) => {
    await set(await mask());
    const report = await reportOf();
    expect(kinds(report)).toEqual(['problem unusable-mask']);
    expect(() => checkReport(report)).toThrow(message);
    const examined = await examineDataSet(await openDataSet(folder.root, { missingMasks: 'ignore' }));
    expect(kinds(examined.report)).toEqual(['note ignored-masks']);
    expect(() => checkReport(examined.report)).not.toThrow();
    expect(examined.dataSet.items.filter(({ maskPaths }) => maskPaths !== undefined)).toEqual([]);
  });

  it('are warned of where they are inverted', async () => {
    await set(
      await gray(Uint8Array.from({ length: 96 }, (_, i) => (i < 5 ? 0 : 255)))
        .png()
        .toBuffer(),
    );
    expect(kinds(await reportOf())).toEqual(['warning full-masks']);
  });

  it.each([
    [
      'alpha alone',
      async () => {
        const rgba = new Uint8Array(96 * 4);
        for (let i = 30; i < 60; i++) rgba[i * 4 + 3] = 255;
        return sharp(rgba, { raw: { width: 12, height: 8, channels: 4 } })
          .png()
          .toBuffer();
      },
    ],
    ['another size of the same shape', async () => grayPng(1, 24, 16)],
    [
      'ones and zeros',
      async () =>
        gray(Uint8Array.from({ length: 96 }, (_, i) => (i < 20 ? 1 : 0)))
          .png()
          .toBuffer(),
    ],
    [
      'gray of a JPEG below half',
      async () =>
        gray(
          Uint8Array.from({ length: 64 * 64 }, (_, i) => (i % 64 < 32 ? 0 : 100)),
          64,
        )
          .resize(96, 64)
          .jpeg()
          .toBuffer(),
    ],
  ])('are taken when they are %s', async (_, mask) => {
    await set(await mask());
    const report = await reportOf();
    expect(report.bad.masks).toBe(1);
    expect(report.findings.filter(({ severity }) => severity === 'problem')).toEqual([]);
  });
});
