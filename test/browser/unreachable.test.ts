// Servers that do not answer, or not with what was asked for, as a page sees them.
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { missingChromium, startChromium } from './chromium.js';
import { type DetectorFixture, detectorFixture } from './detector-fixture.js';
import { load, loadError, score } from './page-script.js';
import { PageServer } from './page-server.js';

const WASM = { device: 'wasm', threads: 1 } as const;

describe.skipIf(missingChromium)(`unreachable servers ${missingChromium ?? ''}`, () => {
  let browser: Browser;
  let server: PageServer;
  let page: Page;
  let fixture: DetectorFixture;

  beforeAll(async () => {
    fixture = await detectorFixture(1);
    server = await new PageServer({ isolated: false }).start();
    server.addBundle('tiny', fixture.files);
    server.files.set('/image.png', fixture.images[0]!.png);
    browser = await startChromium();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });
  beforeEach(async () => {
    // A context of its own for each: nothing is cached.
    page = await (await browser.newContext()).newPage();
    await page.goto(server.origin);
    server.log.length = 0;
  });
  afterEach(async () => {
    server.obstacle = undefined;
    await page.context().close();
  });

  /** Answers requests for the bundle with a status, `times` times. */
  function answerWith(status: number, times: number, headers: Record<string, string> = {}): void {
    let left = times;
    server.obstacle = (path, _, response) => {
      if (!path.startsWith('/tiny/') || left-- <= 0) return false;
      response.writeHead(status, headers).end();
      return true;
    };
  }

  it('are named by loading, with what to do, when there is nothing in the cache', async () => {
    server.obstacle = (path, _, response) => {
      if (path.startsWith('/tiny/')) response.destroy();
      return path.startsWith('/tiny/');
    };
    const { name, message, details } = await loadError(page, '/tiny/', WASM);
    expect([name, details.reason]).toEqual(['DownloadError', 'network']);
    expect(message).toMatch(/could not be fetched.*check the address and the connection/);
    expect(server.asked('/tiny/').length).toBeGreaterThan(2);
  });

  it.each([500, 503, 429])('are asked again after %i, and then loading goes on', async (status) => {
    answerWith(status, 2, { 'retry-after': '0' });
    await load(page, '/tiny/', WASM);
    const { predictions } = await score(page, ['/image.png']);
    expect(predictions[0]!.label).toBe(fixture.images[0]!.expected.label);
  });

  it.each([500, 429])('are not asked for ever when they go on answering %i', async (status) => {
    answerWith(status, Number.POSITIVE_INFINITY, { 'retry-after': '0' });
    const { name, message, details } = await loadError(page, '/tiny/', WASM);
    expect([name, details.status]).toEqual(['DownloadError', status]);
    expect(message).toContain('try again later');
    expect(server.asked('/tiny/')).toHaveLength(4);
  });

  /** The error of the client for a service at an address. */
  function clientError(baseUrl: string): Promise<{ name: string; code: string; message: string }> {
    return page.evaluate(async (address) => {
      const { CflowClient } = globalThis as unknown as {
        CflowClient: typeof import('@cflow/sdk').CflowClient;
      };
      const client = new CflowClient({ baseUrl: address, maxRetries: 0 });
      const error = await client.detectors.get('wood').then(
        () => Object.assign(new Error('it was answered'), { code: '' }),
        (reason: unknown) => reason as Error & { code: string },
      );
      return { name: error.name, code: error.code, message: error.message };
    }, baseUrl);
  }

  it('of another origin that refuse the page are told from the client with the words of CORS', async () => {
    const strange = await new PageServer({ isolated: false }).start();
    strange.files.set('/v1/detectors/wood', new TextEncoder().encode('{"name":"wood","aliases":{}}'));
    try {
      const { name, code, message } = await clientError(strange.origin);
      expect([name, code]).toEqual(['ConnectionError', 'connection']);
      expect(message).toMatch(/CORS.*CFLOW_CORS_ORIGINS/);
      expect(strange.asked('/v1/')).toHaveLength(1);
    } finally {
      await strange.stop();
    }
  });

  it('that are gone are told by the client', async () => {
    const gone = await new PageServer().start();
    const { origin } = gone;
    await gone.stop();
    const { name, message } = await clientError(origin);
    expect([name, message]).toEqual(['ConnectionError', expect.stringContaining('check baseUrl')]);
  });
});
