import { readFile } from 'node:fs/promises';
import { unzipSync } from 'fflate';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { stripedPart } from '../support/striped-part.js';
import { describeTasks, watchMainThread } from './main-thread.js';
import {
  focused,
  goTo,
  type ImageFile,
  imageFile,
  images,
  noChromium,
  PageBrowser,
  tabTo,
  wait,
} from './page-browser.js';
import { type ServiceForPage, startServiceForPage } from './service-for-page.js';

let browser: PageBrowser;
let service: ServiceForPage;

const parts = (first: number, count: number, defect = false): Promise<ImageFile[]> =>
  Promise.all(
    Array.from({ length: count }, (_, i) =>
      imageFile(`${defect ? 'bad' : 'good'}-${i}.png`, stripedPart(first + i, defect)),
    ),
  );

/** Chooses images and options, and starts. */
async function begin(page: Page, good: ImageFile[], epochs: number): Promise<void> {
  await page.setInputFiles('#here-files', good);
  await page.locator('#here-name').fill('striped');
  await page.locator('#here-device').selectOption('wasm');
  await page.locator('#here-epochs').fill(String(epochs));
  await page.locator('#here-train').click();
}

describe.skipIf(noChromium !== '')(`training in the page${noChromium}`, () => {
  beforeAll(async () => {
    service = await startServiceForPage({ training: false });
    browser = await PageBrowser.start({ camera: true });
  });
  afterAll(async () => {
    await browser?.close();
    await service?.close();
  });
  afterEach(() => {
    expect(browser.take()).toEqual([]);
  });

  it('trains on twelve images so that defects score above good ones; saves and uploads what it made', async () => {
    const page = await browser.open(service, { path: '/#train', acceptDownloads: true });
    const good = await parts(0, 12);
    const report = await watchMainThread(page, async () => {
      await begin(page, good, 40);
      await wait(
        async () => /^Training: \d+ %/.test((await page.locator('#here-text').textContent()) ?? ''),
        60_000,
      );
      await page.locator('.outcome').waitFor({ timeout: 120_000 });
    });
    console.log(`longest tasks while training: ${describeTasks(report)}`);
    expect(report.count).toBeGreaterThan(50);
    expect(report.tasks[0]!.cpu).toBeLessThan(50);
    expect(await page.locator('.outcome').innerText()).toMatch(
      /^striped is ready: trained on 12 images in .*, on WASM\./,
    );
    expect(await page.locator('#here-chart .curve').count()).toBeGreaterThanOrEqual(2);
    expect(await page.locator('#here-understood').innerText()).toMatch(/12 to train on/);
    expect(await page.locator('.outcome .report').count()).toBe(1);
    // Nothing was sent so far.
    expect(service.requests.filter((request) => !request.startsWith('GET '))).toEqual([]);

    await page.getByRole('button', { name: 'Score with it' }).click();
    expect(await page.locator('#detector option:checked').textContent()).toBe('striped');
    expect(await page.locator('#place-server').isDisabled()).toBe(true);
    await page.setInputFiles('#files', [...(await parts(20, 3)), ...(await parts(50, 3, true))]);
    await wait(async () => (await page.locator('.card .figure').count()) === 6, 60_000);
    const scores = (await page.locator('.card .figure').allTextContents()).map(Number);
    expect(Math.min(...scores.slice(3))).toBeGreaterThan(Math.max(...scores.slice(0, 3)));
    expect(await page.locator('.card .origin').first().textContent()).toMatch(/^striped \w{12}$/);
    // Its calibration comes with it, not from the service.
    await wait(async () => (await page.locator('#false-alarm-rate').inputValue()) !== '');

    await goTo(page, 'train');
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save as a file' }).click();
    const file = await download;
    expect(file.suggestedFilename()).toBe('striped.cflow.zip');
    const saved = unzipSync(await readFile(await file.path()));
    expect(Object.keys(saved)).toEqual(
      expect.arrayContaining(['manifest.json', 'decoders.safetensors', 'head.onnx']),
    );

    await page.getByRole('button', { name: 'Upload to the service' }).click();
    await wait(async () =>
      /of striped is on the service now/.test((await page.locator('.outcome').textContent()) ?? ''),
    );
    const answer = await fetch(`${service.address}/v1/detectors/striped/predict`, {
      method: 'POST',
      headers: { 'content-type': 'image/png' },
      body: new Uint8Array((await parts(50, 1, true))[0]!.buffer),
    });
    const { predictions } = (await answer.json()) as { predictions: { score: number }[] };
    expect(predictions[0]!.score / scores[3]!).toBeCloseTo(1, 3);
    // The one that is chosen stays chosen; the new one is there, too.
    expect(await page.locator('#detector option').allTextContents()).toEqual(['striped', 'striped', 'wood']);
    await goTo(page, 'inspect');
    await page.locator('#detector').selectOption({ index: 1 });
    expect(await page.locator('#place-server').isDisabled()).toBe(false);
  });

  it('makes a memory where that is chosen, and asks for no epochs then', async () => {
    const page = await browser.open(service, { path: '/#train' });
    await page.setInputFiles('#here-files', await parts(0, 12));
    await page.locator('#here-name').fill('kept');
    await page.locator('#here-device').selectOption('wasm');
    expect(await page.locator('#here-epochs').isDisabled()).toBe(false);
    await page.locator('#here-preset').selectOption('memory');
    expect(await page.locator('#here-epochs').isDisabled()).toBe(true);
    await page.locator('#here-train').click();
    await page.locator('.outcome').waitFor({ timeout: 120_000 });
    expect(await page.locator('.outcome').innerText()).toMatch(/^kept is ready: trained on 12 images/);
    await page.getByRole('button', { name: 'Score with it' }).click();
    // One that it knows, and one with a defect.
    await page.setInputFiles('#files', [...(await parts(0, 1)), ...(await parts(50, 1, true))]);
    await wait(async () => (await page.locator('.card .figure').count()) === 2, 60_000);
    const [known, bad] = (await page.locator('.card .figure').allTextContents()).map(Number);
    expect(bad).toBeGreaterThan(known as number);
  });

  it('says what is missing, and stops when it is told to, by keyboard alone', async () => {
    const page = await browser.open(service, { path: '/#train' });
    // Before any key, or the dialog may open before anyone listens.
    const chooser = page.waitForEvent('filechooser', { timeout: 90_000 });
    await tabTo(page, 'here-train');
    await page.keyboard.press('Enter');
    expect(await page.locator('#here-problem').textContent()).toContain('two or more images');
    expect(await focused(page)).toBe('here-files');
    await page.keyboard.press('Enter');
    await (await chooser).setFiles(await images(12));
    expect(await page.locator('#here-count').textContent()).toBe('12 good images. 30 or more are better.');
    await tabTo(page, 'quiet remove');
    await page.keyboard.press('Enter');
    expect(await page.locator('#here-images li').count()).toBe(11);
    expect(await focused(page)).toBe('quiet remove');
    await tabTo(page, 'here-device');
    await page.keyboard.press('W');
    await page.keyboard.press('ArrowDown');
    expect(await page.locator('#here-device').inputValue()).toBe('wasm');
    await tabTo(page, 'here-train');
    await page.keyboard.press('Enter');
    await wait(async () => /^Training/.test((await page.locator('#here-text').textContent()) ?? ''), 60_000);
    await tabTo(page, 'here-cancel');
    await page.keyboard.press('Enter');
    await wait(async () => /Cancelled/.test((await page.locator('#here-note').textContent()) ?? ''));
    expect(await focused(page)).toBe('here-train');
    expect(await page.locator('.outcome').count()).toBe(0);
  });

  it('takes snapshots of the camera, and lets go of it', async () => {
    const page = await browser.open(service, { path: '/#train', permissions: ['camera'] });
    await page.locator('#here-start-camera').click();
    await page.locator('#here-camera').waitFor();
    for (let i = 0; i < 3; i++) {
      await page.locator('#here-snapshot').click();
      await wait(async () => (await page.locator('#here-images li').count()) === i + 1);
    }
    expect(await page.locator('#here-images img').first().getAttribute('alt')).toBe('snapshot-1.png');
    await wait(() => page.evaluate(`document.querySelector('#here-images img').naturalWidth === 640`));
    await page.evaluate(
      `{ globalThis.track = document.querySelector('#here-video').srcObject.getTracks()[0]; }`,
    );
    // One camera at a time: the other view takes it over.
    await goTo(page, 'inspect');
    await page.locator('#live-start').click();
    await page.locator('#live').waitFor();
    expect(await page.evaluate('track.readyState')).toBe('ended');
    expect(await page.locator('#here-camera').isHidden()).toBe(true);
  });

  it('asks for a detector first where there is none', async () => {
    const empty = await startServiceForPage({ empty: true, training: false });
    try {
      const page = await browser.open(empty);
      expect(await page.locator('#here-backbone').textContent()).toContain('train the first one');
      expect(await page.locator('#here-train').isDisabled()).toBe(true);
      await page.context().close();
    } finally {
      await empty.close();
    }
  });
});
