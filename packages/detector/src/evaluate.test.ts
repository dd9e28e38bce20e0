import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { nodeDevices } from '@cflow/runtime/node';
import { DataSetError, type DataSetItem, ImageError } from '@cflow/spec';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Detector } from './detector.js';
import { type EvaluateOptions, evaluateDetector } from './evaluate.js';
import { loadDetector } from './load-detector.js';
import { makeBundle } from './testing/make-bundle.js';
import { memoryBundle } from './testing/memory-bundle.js';
import { temporaryFolder } from './testing/temporary-folder.js';
import { testImage } from './testing/test-image.js';

const folder = temporaryFolder();
let detector: Detector;
let good: DataSetItem[];
let bad: DataSetItem[];
beforeAll(async () => {
  const devices = (await nodeDevices({ threads: 1 })).filter(({ device }) => device === 'cpu');
  detector = await loadDetector(memoryBundle(await makeBundle()), { devices });
  good = await Promise.all(Array.from({ length: 11 }, (_, i) => item(`good/${i}`, 'good', 200 + i)));
  bad = await Promise.all(Array.from({ length: 4 }, (_, i) => item(`bad/${i}`, 'bad', 300 + i, true)));
});
afterAll(() => detector.dispose());

async function item(
  name: string,
  label: DataSetItem['label'],
  seed: number,
  masked = false,
): Promise<DataSetItem> {
  const path = join(folder, `${name}.png`);
  const image = testImage(seed, 80, 48);
  if (label === 'bad') image.data.fill(0, 3 * 80 * 10, 3 * 80 * 30);
  await writePng(path, image.data, 3);
  if (!masked) return { path, name, split: 'test', label };
  const maskPath = join(folder, 'masks', `${name}.png`);
  await writePng(maskPath, new Uint8Array(80 * 48).fill(255, 80 * 10, 80 * 30), 1);
  return { path, name, split: 'test', label, maskPaths: [maskPath] };
}

async function writePng(path: string, data: Uint8Array, channels: 1 | 3): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await sharp(data, { raw: { width: 80, height: 48, channels } })
    .png()
    .toFile(path);
}

async function broken(name: string, like: DataSetItem, part: 'path' | 'maskPaths'): Promise<DataSetItem> {
  const path = join(folder, `${name}.png`);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, 'not an image');
  return { ...like, name, [part]: part === 'path' ? path : [path] };
}

describe('evaluateDetector', () => {
  it('scores every labelled image, in order, as predict does', async () => {
    const progress: [number, number][] = [];
    const items = [...good, { ...(good[0] as DataSetItem), label: 'unknown' as const }, ...bad];
    const { metrics, images } = await evaluateDetector(detector, items, {
      onProgress: (done, total) => progress.push([done, total]),
    });
    expect(images.map(({ item: { name } }) => name)).toEqual([...good, ...bad].map(({ name }) => name));
    expect(progress).toEqual([
      [8, 15],
      [15, 15],
    ]);
    expect(metrics).toMatchObject({
      images: 15,
      goodImages: 11,
      badImages: 4,
      pixelImages: 15,
      defectRegions: 4,
      threshold: detector.manifest.thresholds.score,
    });
    for (const figure of [metrics.imageAuroc, metrics.pixelAuroc, metrics.aupro, metrics.f1]) {
      expect(figure).toBeGreaterThanOrEqual(0);
      expect(figure).toBeLessThanOrEqual(1);
    }
    // The mask at the map's size, of the rows 10 to 30 of 48.
    const { mask } = images[12] as (typeof images)[number];
    expect([mask?.width, mask?.height]).toEqual([64, 64]);
    const rows = Array.from({ length: 64 }, (_, y) => mask!.data[y * 64]!);
    expect([rows.indexOf(1), rows.lastIndexOf(1)]).toEqual([13, 39]);
  });

  it('measures at the threshold that it is given', async () => {
    const { metrics } = await evaluateDetector(detector, [...good, ...bad], { threshold: -1 });
    expect(metrics).toMatchObject({ threshold: -1, falseAlarmRate: 1, detectionRate: 1 });
  });

  it('leaves figures open that the images do not define', async () => {
    const withoutMasks = bad.map(({ maskPaths, ...each }): DataSetItem => each);
    const unmasked = await evaluateDetector(detector, [...good, ...withoutMasks]);
    expect(unmasked.metrics.imageAuroc).not.toBeNull();
    expect(unmasked.metrics).toMatchObject({
      pixelAuroc: null,
      aupro: null,
      pixelF1: null,
      defectRegions: 0,
    });
    const onlyGood = await evaluateDetector(detector, good);
    expect(onlyGood.metrics).toMatchObject({ badImages: 0, imageAuroc: null, f1: null, detectionRate: null });
    const onlyBad = await evaluateDetector(detector, bad);
    expect(onlyBad.metrics).toMatchObject({ goodImages: 0, imageAuroc: null, falseAlarmRate: null });
    expect(onlyBad.metrics.pixelAuroc).not.toBeNull();
  });

  it('leaves out, and names, what cannot be read', async () => {
    const items = [
      await broken('broken/image', good[0] as DataSetItem, 'path'),
      ...good.slice(0, 3),
      await broken('broken/mask', bad[0] as DataSetItem, 'maskPaths'),
      bad[1] as DataSetItem,
    ];
    const left: string[] = [];
    const onUnreadable: EvaluateOptions['onUnreadable'] = ({ index, error }) => {
      expect(error).toBeInstanceOf(ImageError);
      left.push((items[index] as DataSetItem).name);
    };
    const { metrics } = await evaluateDetector(detector, items, { onUnreadable });
    expect(left.sort()).toEqual(['broken/image', 'broken/mask']);
    expect(metrics).toMatchObject({ images: 4, goodImages: 3, badImages: 1 });
    for (const index of [0, 4]) {
      const strictly = evaluateDetector(detector, [good[1], items[index]] as DataSetItem[], { strict: true });
      await expect(strictly).rejects.toThrow(ImageError);
    }
  });

  it('refuses to measure on nothing', async () => {
    const unknown = good.map((each) => ({ ...each, label: 'unknown' as const }));
    await expect(evaluateDetector(detector, unknown)).rejects.toThrow(DataSetError);
    await expect(evaluateDetector(detector, [])).rejects.toThrow(/no labelled image/);
  });

  it('stops when it is told to', async () => {
    const reason = new Error('enough');
    await expect(evaluateDetector(detector, good, { signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
  });
});
