// The operator's view, from a page with a camera to a service with WebSockets. With FILM set, its still goes to docs/images.
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../../functions/predict/src/app/create-app.js';
import { streamRoutes } from '../../functions/predict/src/app/routes/stream.js';
import { testKeys } from '../../functions/predict/src/compat/testing/test-keys.js';
import { testService } from '../../functions/predict/src/compat/testing/test-parts.js';
import { type RunningHttpServer, startHttpServer } from '../../functions/predict/src/node/http-server.js';
import { loadPage } from '../../functions/predict/src/node/load-page.js';
import { findings } from './axe.js';
import { noChromium, PageBrowser } from './page-browser.js';

const STILL = fileURLToPath(new URL('../../docs/images/line-view.jpg', import.meta.url));

describe.skipIf(noChromium !== '')(`the line view${noChromium}`, () => {
  let browser: PageBrowser;
  let server: RunningHttpServer;
  beforeAll(async () => {
    const { parts } = await testService();
    const keys = testKeys({ operator: ['predict', 'read'] });
    // Everything that the camera shows is bad here, so that the rules have something to say.
    const inference: typeof parts.inference = {
      load: (...args) => parts.inference.load(...args),
      status: () => parts.inference.status(),
      close: async () => {},
      predict: (request) =>
        parts.inference.predict({ ...request, options: { ...request.options, threshold: -1e9 } }),
    };
    const given = { ...parts, inference, keys, page: await loadPage() };
    const app = createApp(given, { routes: (own) => [streamRoutes(own)] });
    const fetch = (request: Request, env: unknown) => app.fetch(request, env as never);
    server = await startHttpServer({ fetch, host: '127.0.0.1', port: 0 });
    browser = await PageBrowser.start({ camera: true });
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close(0);
  });
  afterEach(() => {
    expect(browser.take()).toEqual([]);
  });

  it.each([1280, 360])('shows parts large, counts them and stops, at %i px', async (width) => {
    const page = await browser.open(
      { address: `http://127.0.0.1:${server.port}` },
      {
        path: '/#line/wood',
        permissions: ['camera'],
        viewport: { width, height: 800 },
        prepare: `sessionStorage.setItem('cflow.api-key', 'operator')`,
      },
    );
    await expect.poll(() => page.locator('#line-detector').inputValue()).toBe('wood');
    expect(page.url()).toMatch(/#line\/wood$/);
    expect(await findings(page)).toEqual([]);
    await page.locator('#line-stop').fill('3');
    await page.locator('#line-setup button[type=submit]').click();
    await page.locator('#line-running').waitFor();
    expect(await page.locator('#line-word').textContent()).toBe('Ready');
    // By key, by the button, and by whoever wraps the page.
    const asks = [
      () => page.keyboard.press('Space'),
      () => page.locator('#line-trigger').click(),
      () => page.evaluate(`void dispatchEvent(new Event('cflow-trigger'))`),
    ];
    for (const [i, ask] of asks.entries()) {
      await ask();
      await expect
        .poll(() => page.locator('#line-parts').textContent(), { timeout: 20_000 })
        .toBe(String(i + 1));
    }
    expect(await page.locator('#line-word').textContent()).toBe('NG');
    expect(await page.locator('#line-ng').textContent()).toBe('3');
    expect(await page.locator('#line-last li').allTextContents()).toEqual(['3NG', '2NG', '1NG']);
    expect(await page.locator('#line-alarm').textContent()).toMatch(/^Stopped: 3 NG in a row/);
    expect(await findings(page)).toEqual([]);
    const wide = await page.evaluate('document.documentElement.scrollWidth > innerWidth');
    expect(wide).toBe(false);
    if (process.env.FILM !== undefined && width > 1000) {
      await page.evaluate('scrollTo(0, 0)');
      await page.screenshot({ path: STILL, quality: 80 });
    }
    // Stopped means stopped, until somebody has looked.
    await page.evaluate(`void dispatchEvent(new Event('cflow-trigger'))`);
    await page.locator('#line-go-on').click();
    expect(await page.locator('#line-alarm').textContent()).toBe('');
    expect(await page.locator('#line-parts').textContent()).toBe('3');
    await page.locator('#line-trigger').click();
    await expect.poll(() => page.locator('#line-parts').textContent(), { timeout: 20_000 }).toBe('4');
    await page.locator('#line-end').click();
    await page.locator('#line-setup').waitFor();
  });
});
