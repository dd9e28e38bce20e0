import { loadDetector as loadByNode } from '@cflow/detector';
import { memoryBundle } from '@cflow/detector/testing';
import { decodeImage } from '@cflow/images/node';
import { nodeDevices } from '@cflow/runtime/node';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { missingChromium, startChromium } from './chromium.js';
import { type DetectorFixture, detectorFixture } from './detector-fixture.js';
import { load, score, type Told } from './page-script.js';
import { PageServer } from './page-server.js';

describe.skipIf(missingChromium)(`scoring in Chromium ${missingChromium ?? ''}`, () => {
  let browser: Browser;
  let server: PageServer;
  let plain: PageServer;
  let page: Page;
  let fixture: DetectorFixture;
  let images: string[];

  beforeAll(async () => {
    fixture = await detectorFixture();
    server = await new PageServer({ cors: true }).start();
    plain = await new PageServer({ isolated: false }).start();
    for (const each of [server, plain]) {
      each.addBundle('tiny', fixture.files);
      fixture.images.forEach(({ png }, i) => {
        each.files.set(`/images/${i}.png`, png);
      });
    }
    images = fixture.images.map((_, i) => `/images/${i}.png`);
    browser = await startChromium();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    await plain?.stop();
  });
  beforeEach(async () => {
    server.log.length = 0;
    plain.log.length = 0;
    page = await browser.newPage();
    await page.goto(server.origin);
  });
  afterEach(() => page.close());

  function expectNumbersOfNode({ predictions }: Told): void {
    expect(predictions).toHaveLength(fixture.images.length);
    predictions.forEach(({ score, map, regions, original, label }, i) => {
      const { expected, image } = fixture.images[i]!;
      expect(Math.abs(score - expected.score)).toBeLessThan(1e-3 * fixture.spread);
      const largest = Math.max(...map.map((value, at) => Math.abs(value - expected.map.data[at]!)));
      expect(largest).toBeLessThan(1e-3 * fixture.spread);
      expect(regions).toHaveLength(expected.regions.length);
      expect(original).toEqual({ width: image.width, height: image.height });
      expect(label).toBe(expected.label);
    });
  }

  it('gives the numbers of Node on wasm, with threads where the page is isolated', async () => {
    await load(page, '/tiny/', { device: 'wasm' });
    const told = await score(page, images);
    expectNumbersOfNode(told);
    expect(told).toMatchObject({ name: 'test', device: 'wasm', refused: [], notices: [] });
    expect(told.threads).toBe(await page.evaluate(() => navigator.hardwareConcurrency));
    expect(told.predictions.map(({ where, device }) => `${where} ${device}`)).toContain('local wasm');
    expect(server.asked('/sdk/assets/ort-webgpu')).toEqual([]);
  });

  it('gives the numbers of Node on webgpu', async () => {
    await load(page, '/tiny/', { device: 'webgpu' });
    const told = await score(page, images);
    expectNumbersOfNode(told);
    expect(told.device).toBe('webgpu');
    expect(server.asked('/sdk/assets/ort-wasm')).toEqual([]);
  });

  it('takes one thread, and says so, where the page is not isolated', async () => {
    await page.goto(plain.origin);
    await load(page, '/tiny/', { device: 'wasm' });
    const told = await score(page, images);
    expectNumbersOfNode(told);
    expect(told.threads).toBe(1);
    expect(told.notices.map(({ code }) => code)).toEqual(['one-thread']);
  });

  it('works with files of another origin, worker and all', async () => {
    await page.goto(plain.origin);
    await load(page, `${server.origin}/tiny/manifest.json`, {
      device: 'wasm',
      assets: `${server.origin}/sdk/assets`,
    });
    expectNumbersOfNode(await score(page, images));
    expect(plain.asked('/sdk/assets/')).toEqual([]);
  });

  it('tells how far the download is, up to the end', async () => {
    await load(page, '/tiny/', { device: 'wasm' });
    const { progress } = await score(page, []);
    const needed = [
      'backbone.onnx',
      'backbone.safetensors',
      'head.onnx',
      'decoders.safetensors',
      'probe.safetensors',
    ];
    const total = needed.reduce((sum, file) => sum + fixture.files.get(file)!.length, 0);
    const done = progress.map((each) => each.done);
    expect(done).toEqual([...done].sort((a, b) => a - b));
    expect(progress.at(-1)).toEqual({ stage: 'opening', done: total, total });
    expect(server.asked('/tiny/report.html')).toEqual([]);
  });

  it('leaves the page alone: no task of its main thread is long', async () => {
    await load(page, '/tiny/', { device: 'wasm' });
    const longest = await page.evaluate(async (paths) => {
      const files = await Promise.all(paths.map(async (path) => (await fetch(path)).blob()));
      const tasks: number[] = [];
      const observer = new PerformanceObserver((list) => {
        tasks.push(...list.getEntries().map(({ duration }) => duration));
      });
      observer.observe({ type: 'longtask' });
      for (let i = 0; i < 10; i++) await globalThis.detector.predictBatch(files, { map: true });
      // Entries come a little after their tasks.
      await new Promise((resolve) => setTimeout(resolve, 200));
      observer.disconnect();
      return tasks;
    }, images);
    console.log(
      `long tasks (above 50 ms) of the page's main thread while scoring 30 images: ${longest.length}`,
    );
    expect(longest).toEqual([]);
  });

  it('scores pictures in every form alike', async () => {
    await load(page, '/tiny/', { device: 'wasm' });
    const scores = await page.evaluate(async (path) => {
      const blob = await (await fetch(path)).blob();
      const bitmap = await createImageBitmap(blob, { colorSpaceConversion: 'none' });
      const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d')!;
      context.drawImage(bitmap, 0, 0);
      const pixels = context.getImageData(0, 0, bitmap.width, bitmap.height);
      const forms = [
        blob,
        await blob.arrayBuffer(),
        new Uint8Array(await blob.arrayBuffer()),
        new URL(path, location.href),
        blob.stream(),
        bitmap,
        pixels,
        bitmap,
      ];
      return (await globalThis.detector.predictBatch(forms)).map(({ score }) => score);
    }, images[0]!);
    expect(new Set(scores).size).toBe(1);
    expect(Math.abs(scores[0]! - fixture.images[0]!.expected.score)).toBeLessThan(1e-3 * fixture.spread);
  });

  it('decodes what only browsers decode, and JPEG with the pixels of the decoder it brings', async () => {
    await load(page, '/tiny/', { device: 'wasm' });
    const { image, expected } = fixture.images[0]!;
    const raw = { raw: { width: image.width, height: image.height, channels: 3 } } as const;
    server.files.set('/image.webp', await sharp(image.data, raw).webp({ lossless: true }).toBuffer());
    server.files.set('/image.jpg', await sharp(image.data, raw).jpeg({ quality: 100 }).toBuffer());
    expect(server.asked('/sdk/assets/jpeg.js')).toEqual([]);
    const { predictions } = await score(page, ['/image.webp', '/image.jpg']);
    expect(Math.abs(predictions[0]!.score - expected.score)).toBeLessThan(1e-3 * fixture.spread);
    const reference = await loadByNode(memoryBundle(fixture.files), {
      devices: await nodeDevices(),
      device: 'cpu',
    });
    const jpeg = await reference.predict(await decodeImage(server.files.get('/image.jpg')!));
    await reference.dispose();
    expect(Math.abs(predictions[1]!.score - jpeg.score)).toBeLessThan(1e-3 * fixture.spread);
    expect(server.asked('/sdk/assets/jpeg.js')).toHaveLength(1);
  });

  it('loads several detectors at once, and says which image is none', async () => {
    const found = await page.evaluate(async () => {
      const { loadDetector } = globalThis.local;
      const loading = [1, 2, 3].map(() => loadDetector('/tiny/', { device: 'wasm' }));
      const detectors = await Promise.all(loading);
      const blob = await (await fetch('/images/0.png')).blob();
      const scores = await Promise.all(detectors.map(async (each) => (await each.predict(blob)).score));
      const error = await detectors[0]!.predictBatch([blob, new Blob(['text'])]).catch((each: Error) => each);
      await Promise.all(detectors.map((each) => each.dispose()));
      return { scores, error: String(error) };
    });
    expect(new Set(found.scores).size).toBe(1);
    expect(found.error).toMatch(/^ImageError: image 1: /);
    expect(server.asked('/tiny/backbone.safetensors')).toHaveLength(1);
  });

  it('starts a worker again for a detector that is loaded while the last one is disposed', async () => {
    await load(page, '/tiny/', { device: 'wasm' });
    const score = await page.evaluate(async () => {
      const old = globalThis.detector.dispose();
      const detector = await globalThis.local.loadDetector('/tiny/', { device: 'wasm' });
      await old;
      const again = await globalThis.local.loadDetector('/tiny/', { device: 'wasm' });
      await detector.dispose();
      return (await again.predict(await (await fetch('/images/0.png')).blob())).score;
    });
    expect(Math.abs(score - fixture.images[0]!.expected.score)).toBeLessThan(1e-3 * fixture.spread);
  });

  it('ends its worker with the last detector, and refuses what comes after', async () => {
    await load(page, '/tiny/', { device: 'wasm' });
    expect(page.workers().length).toBeGreaterThan(0);
    const message = await page.evaluate(async () => {
      const { detector } = globalThis;
      await Promise.all([detector.dispose(), detector.dispose()]);
      await detector.dispose();
      return detector.predict(new Uint8Array(3)).catch((error: Error) => error.message);
    });
    expect(message).toContain('disposed');
    await expect.poll(() => page.workers().map((worker) => worker.url()), { timeout: 15_000 }).toEqual([]);
  });
});
