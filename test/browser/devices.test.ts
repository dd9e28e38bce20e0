import type { Browser, Page, Worker } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { missingChromium, startChromium } from './chromium.js';
import { type DetectorFixture, detectorFixture } from './detector-fixture.js';
import { load, loadError, score } from './page-script.js';
import { PageServer } from './page-server.js';

describe.skipIf(missingChromium)(`devices of a page ${missingChromium ?? ''}`, () => {
  let server: PageServer;
  let fixture: DetectorFixture;

  beforeAll(async () => {
    fixture = await detectorFixture(1);
    server = await new PageServer().start();
    server.addBundle('tiny', fixture.files);
    server.files.set('/image.png', fixture.images[0]!.png);
  });
  afterAll(() => server?.stop());

  async function inBrowser(webgpu: boolean, work: (page: Page) => Promise<void>): Promise<void> {
    const browser: Browser = await startChromium({ webgpu });
    try {
      const page = await browser.newPage();
      await page.goto(server.origin);
      await work(page);
    } finally {
      await browser.close();
    }
  }

  it('takes wasm where there is no WebGPU, and says why; names it when nothing else is wanted', () =>
    inBrowser(false, async (page) => {
      await load(page, '/tiny/');
      const told = await score(page, ['/image.png']);
      expect(told.device).toBe('wasm');
      expect(told.refused).toEqual([{ device: 'webgpu', reason: expect.stringContaining('WebGPU') }]);
      const error = await loadError(page, '/tiny/', { device: 'webgpu' });
      expect(error).toMatchObject({ name: 'DeviceError', code: 'device' });
      expect(error.details.attempts).toEqual(told.refused);
    }));

  it('goes on with wasm when the device is lost while it computes', () =>
    inBrowser(true, async (page) => {
      // A detector on wasm first, so that the worker is there to be prepared.
      await load(page, '/tiny/', { device: 'wasm', threads: 1 });
      const [worker] = page.workers() as [Worker];
      await worker.evaluate(() => {
        // The software driver must pass for a card, and its devices must be within reach.
        type Adapter = { requestDevice(descriptor: unknown): Promise<{ destroy(): void }> };
        const scope = globalThis as unknown as {
          lost: { destroy(): void }[];
          GPUAdapter: { prototype: Adapter };
          GPUAdapterInfo: { prototype: object };
        };
        scope.lost = [];
        const { requestDevice } = scope.GPUAdapter.prototype;
        scope.GPUAdapter.prototype.requestDevice = async function (this: Adapter, descriptor: unknown) {
          const device = await requestDevice.call(this, descriptor);
          scope.lost.push(device);
          return device;
        };
        for (const [name, value] of [
          ['isFallbackAdapter', false],
          ['architecture', 'card'],
          ['description', 'card'],
        ] as const) {
          Object.defineProperty(scope.GPUAdapterInfo.prototype, name, { get: () => value });
        }
      });
      await load(page, '/tiny/');
      expect(await page.evaluate(() => globalThis.detector.device)).toBe('webgpu');
      const answers = page.evaluate(async () => {
        const file = await (await fetch('/image.png')).blob();
        const answers = [];
        for (let i = 0; i < 100 && globalThis.detector.device === 'webgpu'; i++) {
          answers.push(await globalThis.detector.predict(file));
        }
        return answers.map(({ score, detector }) => ({ score, device: detector.device }));
      });
      await worker.evaluate(() => {
        for (const device of (globalThis as unknown as { lost: { destroy(): void }[] }).lost)
          device.destroy();
      });
      const all = await answers;
      expect(all.at(-1)!.device).toBe('wasm');
      for (const { score } of all) {
        expect(Math.abs(score - fixture.images[0]!.expected.score)).toBeLessThan(1e-3 * fixture.spread);
      }
      const { refused, notices } = await score(page, ['/image.png']);
      expect(refused).toEqual([{ device: 'webgpu', reason: expect.stringContaining('lost') }]);
      expect(notices.map(({ code }) => code)).toContain('device-lost');
    }));
});
