import type { Page, Request } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { noChromium, PageBrowser, tabTo, wait } from './page-browser.js';
import { type ServiceForPage, startServiceForPage } from './service-for-page.js';

let browser: PageBrowser;
let service: ServiceForPage;

/** Frames shown and dropped, as the page says. */
async function frames(page: Page): Promise<{ all: number; dropped: number; rate: number }> {
  const text = (await page.locator('#live-rate').textContent()) ?? '';
  const [, rate, dropped, all] = /^([\d.]+) frames a second scored, (\d+) of (\d+) dropped$/.exec(text) ?? [];
  return { all: Number(all), dropped: Number(dropped), rate: Number(rate) };
}

describe.skipIf(noChromium !== '')(`the camera on the page${noChromium}`, () => {
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

  it.each(['server', 'wasm'] as const)('scores live on %s, one frame at a time, and stops', async (place) => {
    const page = await browser.open(service, { permissions: ['camera'] });
    if (place === 'wasm') {
      await page.locator('#place-wasm').check();
      await wait(
        async () => /loaded on WASM/.test((await page.locator('#place-note').textContent()) ?? ''),
        60_000,
      );
    }
    let [waiting, most] = [0, 0];
    page.on('request', (request) => {
      if (request.url().endsWith('/predict') || request.url().includes('/predict?'))
        most = Math.max(most, ++waiting);
    });
    const ended = (request: Request): void => {
      if (request.url().includes('/predict')) waiting--;
    };
    page.on('requestfinished', ended);
    page.on('requestfailed', ended);
    await page.locator('#live-start').click();
    await page.locator('#live[data-label]').waitFor({ timeout: 60_000 });
    await wait(async () => {
      const { all, dropped, rate } = await frames(page);
      return all > 20 && all - dropped > 3 && rate > 0;
    }, 60_000);
    expect(await page.locator('#live-device').textContent()).toMatch(
      place === 'server' ? /^cpu of the server, .* a frame$/ : /^wasm in this page, .* a frame$/,
    );
    expect(await page.locator('#live-score').textContent()).toMatch(/^[\d.]+$/);
    expect(most).toBe(place === 'server' ? 1 : 0);

    // The threshold judges what the camera shows, too.
    await page.locator('#threshold').fill('0');
    await page.locator('#live[data-label="bad"]').waitFor();
    await page.locator('#live-keep').click();
    await page.locator('.card .verdict').waitFor();
    expect(await page.locator('.file').textContent()).toBe('camera-1.png');

    await page.evaluate(
      `{ globalThis.track = document.querySelector('#live-video').srcObject.getTracks()[0]; }`,
    );
    expect(await page.evaluate('track.readyState')).toBe('live');
    await page.locator('#live-stop').click();
    expect(await page.evaluate('track.readyState')).toBe('ended');
    expect(await page.locator('#live').isHidden()).toBe(true);
    await wait(() => waiting === 0);
    const asked = service.requests.length;
    await page.locator('#drop').hover();
    await wait(async () => (await page.locator('.card .verdict').count()) === 1);
    expect(service.requests.slice(asked).filter((request) => request.endsWith('/predict'))).toEqual([]);
  });

  it('is started and stopped by keyboard alone', async () => {
    const page = await browser.open(service, { permissions: ['camera'] });
    await tabTo(page, 'live-start');
    await page.keyboard.press('Enter');
    await page.locator('#live[data-label]').waitFor({ timeout: 60_000 });
    await tabTo(page, 'live-keep');
    await tabTo(page, 'live-stop', 'Shift+Tab');
    await page.keyboard.press('Enter');
    await page.locator('#live').waitFor({ state: 'hidden' });
    expect(await page.evaluate('document.activeElement.id')).toBe('live-start');
  });

  it('says in words that the camera was refused, or that there is none', async () => {
    const refused = await browser.open(service);
    await refused.locator('#live-start').click();
    await refused.locator('#live-problem .problem').waitFor();
    expect(await refused.locator('#live-problem').textContent()).toContain(
      'The camera was refused. Allow it',
    );
    expect(await refused.locator('#live-start').isEnabled()).toBe(true);

    const plain = await PageBrowser.start();
    try {
      const none = await plain.open(service, { path: '/#train', permissions: ['camera'] });
      await none.locator('#here-start-camera').click();
      await none.locator('#here-camera-problem .problem').waitFor();
      expect(await none.locator('#here-camera-problem').textContent()).toContain('There is no camera');
    } finally {
      await plain.close();
    }
  });
});
