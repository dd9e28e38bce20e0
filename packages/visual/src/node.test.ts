import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CflowError, type RgbImage, type ScalarMap } from '@cflow/spec';
import fc from 'fast-check';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anomalyScale } from './anomaly-scale.js';
import {
  encodeMapPng8,
  encodeMapPng16,
  encodePng,
  encodeReportPicture,
  makeGalleryItem,
  readMapPng16,
  writeMapPng16,
  writePng,
} from './node.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cflow-visual-'));
});
afterAll(() => rm(folder, { recursive: true }));

const gradient: RgbImage = {
  width: 5,
  height: 3,
  data: Uint8Array.from({ length: 45 }, (_, i) => i * 5),
};

describe('encodePng', () => {
  it('keeps every byte of an image, and a mask as black and white', async () => {
    const { data, info } = await sharp(await encodePng(gradient))
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([info.width, info.height, info.channels]).toEqual([5, 3, 3]);
    expect(new Uint8Array(data)).toEqual(gradient.data);
    const mask = await encodePng({ width: 2, height: 1, data: Uint8Array.of(0, 1) });
    expect((await sharp(mask).metadata()).channels).toBe(1);
    expect([...(await sharp(mask).toColourspace('b-w').raw().toBuffer())]).toEqual([0, 255]);
  });

  it('names the file that cannot be written', async () => {
    const path = join(folder, 'missing', 'a.png');
    const error = await writePng(path, gradient).catch((reason: unknown) => reason);
    expect(CflowError.isInstance(error) && error.code).toBe('store');
    expect((error as Error).message).toContain(path);
  });
});

it('a map as an 8-bit PNG is gray and comes back to half a step of its range', async () => {
  const map = { width: 4, height: 1, data: Float32Array.of(-3, 0, 0.7, 5) };
  const { png, offset, scale } = await encodeMapPng8(map);
  expect(await sharp(png).metadata()).toMatchObject({ format: 'png', depth: 'uchar', space: 'b-w' });
  const samples = [...(await sharp(png).toColourspace('b-w').raw().toBuffer())];
  expect(samples).toHaveLength(4);
  samples.forEach((sample, i) => {
    expect(Math.abs(offset + scale * sample - map.data[i]!)).toBeLessThanOrEqual(scale * 0.501);
  });
  const even = { width: 2, height: 1, data: Float32Array.of(2, 2) };
  expect(await encodeMapPng8(even)).toMatchObject({ offset: 2, scale: 0 });
});

describe('a map as a 16-bit PNG', () => {
  it('comes back to half a step of its range', async () => {
    const values = fc.array(fc.float({ min: -1000, max: 1000, noNaN: true }), {
      minLength: 1,
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(values, async (numbers) => {
        const map: ScalarMap = { width: numbers.length, height: 1, data: Float32Array.from(numbers) };
        const { png, scale } = await encodeMapPng16(map);
        const back = await readMapPng16(png);
        expect([back.width, back.height]).toEqual([map.width, map.height]);
        back.data.forEach((value, i) => {
          expect(Math.abs(value - map.data[i]!)).toBeLessThanOrEqual(scale / 2 + Math.abs(value) * 1e-6);
        });
      }),
      { numRuns: 40 },
    );
  });

  it('is a plain 16-bit gray PNG that says how to read it', async () => {
    const path = join(folder, 'map.png');
    const map = { width: 3, height: 1, data: Float32Array.of(-5, 1, 99) };
    expect(await writeMapPng16(path, map, { min: 0, max: 2 })).toEqual({ offset: 0, scale: 2 / 65535 });
    expect(await sharp(path).metadata()).toMatchObject({ format: 'png', depth: 'ushort', space: 'grey16' });
    expect([...(await readMapPng16(path)).data].map((value) => Math.round(value * 1e4) / 1e4)).toEqual([
      0, 1, 2,
    ]);
    const recoded = await sharp(path).toColourspace('grey16').png().toBuffer();
    expect([...(await readMapPng16(recoded, { offset: 10, scale: 1 })).data]).toEqual([10, 32778, 65545]);
  });

  it('refuses values that are not finite, other files and damaged ones', async () => {
    const nan = { width: 1, height: 1, data: Float32Array.of(Number.NaN) };
    await expect(encodeMapPng16(nan)).rejects.toThrow(/finite/);
    await expect(readMapPng16(await encodePng(gradient))).rejects.toThrow(/16-bit gray PNG/);
    await expect(readMapPng16(new Uint8Array(10))).rejects.toThrow(/could not read/);
    await expect(readMapPng16(join(folder, 'nothing.png'))).rejects.toThrow(/nothing.png/);
    const { png } = await encodeMapPng16({
      width: 64,
      height: 64,
      data: Float32Array.from({ length: 4096 }, Math.random),
    });
    await expect(readMapPng16(png.subarray(0, png.length / 2))).rejects.toSatisfy(CflowError.isInstance);
    const plain = await sharp(png).toColourspace('grey16').png().toBuffer();
    await expect(readMapPng16(plain)).rejects.toThrow(/cflow:offset/);
  });
});

describe('pictures for the report', () => {
  it('are small WebP files that show the image', async () => {
    const large: RgbImage = { width: 800, height: 400, data: new Uint8Array(960_000).fill(90) };
    const picture = await encodeReportPicture(large);
    expect(picture).toMatchObject({ type: 'image/webp', width: 512, height: 256 });
    const { data } = await sharp(picture.bytes).raw().toBuffer({ resolveWithObject: true });
    expect(Math.abs(data[0]! - 90)).toBeLessThan(5);
    expect((await encodeReportPicture(gradient)).width).toBe(5);
  });

  it('carry the map and the outline of the defect', async () => {
    const side = 64;
    const image: RgbImage = { width: side, height: side, data: new Uint8Array(side * side * 3).fill(40) };
    const inside = (i: number): boolean => Math.hypot((i % side) - 32, Math.floor(i / side) - 32) < 12;
    const map = {
      width: side,
      height: side,
      data: Float32Array.from({ length: side * side }, (_, i) => (inside(i) ? 1 : 0)),
    };
    const mask = { width: side, height: side, data: Uint8Array.from(map.data) };
    const item = await makeGalleryItem(
      { name: 'a.png', label: 'bad', score: 1, image, map, mask },
      anomalyScale(0.5),
    );
    expect(item).toMatchObject({ name: 'a.png', label: 'bad', score: 1 });
    expect(item).not.toHaveProperty('map');
    const { data } = await sharp(item.overlay!.bytes).raw().toBuffer({ resolveWithObject: true });
    const red = (x: number, y: number): number => data[(y * side + x) * 3]!;
    // What is anomalous is red; the outline is white; outside nothing changes.
    expect(red(32, 32)).toBeGreaterThan(150);
    expect(red(20, 32)).toBeGreaterThan(150);
    expect(Math.abs(red(4, 4) - 40)).toBeLessThan(8);
  });
});
