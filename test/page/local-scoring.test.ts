import { testImage } from '@cflow/detector/testing';
import type { BundleManifest } from '@cflow/spec';
import type { Page, Worker } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { describeTasks, watchMainThread } from './main-thread.js';
import { imageFile, images, noChromium, PageBrowser, tabTo, wait } from './page-browser.js';
import { type ServiceForPage, startServiceForPage } from './service-for-page.js';

let browser: PageBrowser;
let service: ServiceForPage;
let spread: number;

/** Scores as the cards show them, once all are there again. */
async function scores(page: Page, origin: RegExp): Promise<number[]> {
  await wait(async () => {
    const origins = await page.locator('.card .origin + .origin').allTextContents();
    return origins.length === 3 && origins.every((text) => origin.test(text));
  }, 60_000);
  return (await page.locator('.card .figure').allTextContents()).map(Number);
}

async function choose(page: Page, place: 'server' | 'webgpu' | 'wasm'): Promise<void> {
  await page.locator(`#place-${place}`).check();
  const words = { server: /sent to the service/, webgpu: /loaded on WebGPU/, wasm: /loaded on WASM/ };
  await wait(async () => words[place].test((await page.locator('#place-note').textContent()) ?? ''), 60_000);
}

/** Has the worker remember the graphics cards that it opens, so that a test can take them away. */
async function keepDevices(page: Page): Promise<void> {
  await workerOf(page).evaluate(`{
    globalThis.lost = [];
    const { requestDevice } = GPUAdapter.prototype;
    GPUAdapter.prototype.requestDevice = async function (descriptor) {
      const device = await requestDevice.call(this, descriptor);
      lost.push(device);
      return device;
    };
  }`);
}

async function loseDevices(page: Page): Promise<void> {
  await workerOf(page).evaluate('for (const device of lost) device.destroy();');
}

/** The SDK's; threads of WebAssembly are workers, too. */
function workerOf(page: Page): Worker {
  return page.workers().find((worker) => worker.url().endsWith('/worker.js'))!;
}

describe.skipIf(noChromium !== '')(`local scoring on the page${noChromium}`, () => {
  beforeAll(async () => {
    service = await startServiceForPage({ training: false });
    const { versions } = await service.registry.listVersions('wood', { limit: 1 });
    const detail = await fetch(`${service.address}/v1/detectors/wood/versions/${versions[0]!.version}`);
    const { manifest } = (await detail.json()) as { manifest: BundleManifest };
    spread = manifest.calibration.scoreSpread;
    browser = await PageBrowser.start({ webgpu: true });
  });
  afterAll(async () => {
    await browser?.close();
    await service?.close();
  });
  afterEach(() => {
    expect(browser.take()).toEqual([]);
  });

  it('scores on the server, with WASM and with WebGPU to the same number, and says which one answered', async () => {
    service.files.length = 0;
    const page = await browser.open(service);
    await page.setInputFiles('#files', await images(3));
    const server = await scores(page, /^cpu of the server, [\d.]+\sm?s$/);
    await wait(async () => /\sm?s$/.test((await page.locator('#time-server').textContent()) ?? ''));
    // Nothing of it comes before it is chosen.
    expect(service.files.filter((path) => /worker|ort-|local/.test(path))).toEqual([]);
    expect(await page.evaluate('crossOriginIsolated')).toBe(true);

    await choose(page, 'wasm');
    await keepDevices(page);
    expect(service.files.some((path) => /\/local-\w+\/ort-wasm\.wasm$/.test(path))).toBe(true);
    expect(service.files.some((path) => /ort-webgpu|training\.js/.test(path))).toBe(false);
    const asked = service.requests.filter((request) => request.endsWith('/predict')).length;
    for (const place of ['wasm', 'webgpu'] as const) {
      await choose(page, place);
      await page.locator('#again').click();
      const local = await scores(page, new RegExp(`^${place} in this page, [\\d.]+\\sm?s$`));
      // What is shown is rounded to five digits.
      for (const [i, score] of local.entries()) {
        expect(Math.abs(score - server[i]!)).toBeLessThan(1e-3 * spread + 1e-5 * Math.abs(score));
      }
      expect(await page.locator(`#time-${place}`).textContent()).toMatch(/^[\d.]+\sm?s$/);
    }
    expect(service.requests.filter((request) => request.endsWith('/predict')).length).toBe(asked);
    // What is said of a picture that was scored here makes the service score it, too: it has to know the prediction.
    await page.locator('.card .choice').first().click();
    await page.locator('.choice[aria-pressed="true"]').waitFor();
    expect((await service.registry.listFeedback('wood', { limit: 9 })).feedback).toMatchObject([
      { label: 'good' },
    ]);
    expect(service.requests.filter((request) => request.endsWith('/predict')).length).toBe(asked + 1);

    // The graphics card is lost while it is in use: WASM takes over, and the page says so.
    await loseDevices(page);
    await page.locator('#again').click();
    const rest = await scores(page, /wasm in this page/);
    for (const [i, score] of rest.entries()) expect(score / server[i]!).toBeCloseTo(1, 3);
    expect(await page.locator('#place-note').textContent()).toMatch(
      /WebGPU is not used any more: .*lost.*WASM takes over/,
    );
    expect(await page.locator('#place-wasm').isChecked()).toBe(true);
    // Chromium's own words of the device.
    expect(browser.take().every((text) => /WebGPU|GPU|device/i.test(text))).toBe(true);

    await page.locator('#threshold').fill('0');
    await wait(async () => (await page.locator('#summary').textContent()) === '3 images: 3 bad, 0 good');
    await wait(async () => (await page.locator('.lines path:not(.under)').count()) >= 3);
    await choose(page, 'server');
    await page.locator('#again').click();
    expect(await scores(page, /cpu of the server/)).toEqual(server);
  });

  it('fetches the bundle with the key of the page', async () => {
    const locked = await startServiceForPage({ key: 'right', training: false });
    try {
      const page = await browser.open(locked);
      await page.locator('#key').fill('right');
      await page.keyboard.press('Enter');
      await page.locator('#inspection').waitFor();
      await choose(page, 'wasm');
      await page.setInputFiles('#files', await images(3));
      await scores(page, /wasm in this page/);
      await wait(async () => (await page.locator('#false-alarm-rate').inputValue()) === '1');
      await page.context().close();
    } finally {
      await locked.close();
    }
  });

  it('does not block its main thread while it loads a detector of real size and scores', async () => {
    const large = await startServiceForPage({ training: false, backbone: 'mobilenet_v2' });
    try {
      const page = await browser.open(large);
      const files = await Promise.all(
        Array.from({ length: 4 }, (_, i) => imageFile(`photo-${i}.png`, testImage(i, 640, 480))),
      );
      const report = await watchMainThread(page, async () => {
        await page.locator('#place-wasm').check();
        await page.setInputFiles('#files', files);
        await wait(async () => (await page.locator('.verdict').count()) === 4, 90_000);
        await page.locator('#threshold').fill('0');
        await wait(async () => (await page.locator('.lines path:not(.under)').count()) >= 4);
      });
      console.log(`longest tasks while scoring: ${describeTasks(report)}`);
      // What is chosen while it is still being loaded is waited for.
      expect(await page.locator('.card .origin + .origin').first().textContent()).toMatch(
        /^wasm in this page/,
      );
      expect(report.count).toBeGreaterThan(50);
      // Other programs have this processor, too: what counts is what the page itself did at a stretch.
      expect(report.tasks[0]!.cpu).toBeLessThan(50);
      await page.context().close();
    } finally {
      await large.close();
    }
  });

  it('is chosen by keyboard alone, without fetching what the arrows pass', async () => {
    const page = await browser.open(service);
    // Before any key, or the dialog may open before anyone listens.
    const chooser = page.waitForEvent('filechooser', { timeout: 90_000 });
    await tabTo(page, 'place-server');
    service.files.length = 0;
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await wait(
      async () => /loaded on WASM/.test((await page.locator('#place-note').textContent()) ?? ''),
      60_000,
    );
    expect(service.files.some((path) => path.includes('ort-webgpu'))).toBe(false);
    await tabTo(page, 'files');
    await page.keyboard.press('Enter');
    await (await chooser).setFiles(await images(3));
    await scores(page, /wasm in this page/);
  });

  it('says in words that there is no WebGPU, and why a device was refused', async () => {
    const plain = await PageBrowser.start();
    try {
      const without = await plain.open(service, { prepare: 'delete Navigator.prototype.gpu' });
      expect(await without.locator('#no-webgpu').textContent()).toMatch(/This browser has no WebGPU/);
      expect(await without.locator('#place-webgpu').isDisabled()).toBe(true);

      const page = await plain.open(service);
      await page.locator('#place-webgpu').check();
      await page.locator('#place-problem .problem').waitFor({ timeout: 60_000 });
      const words = await page.locator('#place-problem').innerText();
      expect(words).toMatch(/WebGPU adapter/);
      expect(words).toMatch(/Images are scored on the server, as before/);
      expect(await page.locator('#place-server').isChecked()).toBe(true);
      await page.setInputFiles('#files', await images(3));
      await scores(page, /cpu of the server/);
      plain.take();
    } finally {
      await plain.close();
    }
  });
});
