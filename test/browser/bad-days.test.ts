import { sha256Hex } from '@cflow/detector';
import { makeBundle } from '@cflow/detector/testing';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { missingChromium, startChromium } from './chromium.js';
import { type DetectorFixture, detectorFixture, manifestOf } from './detector-fixture.js';
import { load, loadError, score } from './page-script.js';
import { PageServer } from './page-server.js';

const WASM = { device: 'wasm', threads: 1 } as const;

describe.skipIf(missingChromium)(`bad days of a page ${missingChromium ?? ''}`, () => {
  let browser: Browser;
  let server: PageServer;
  let strange: PageServer;
  let page: Page;
  let fixture: DetectorFixture;

  beforeAll(async () => {
    fixture = await detectorFixture(1);
    // Not isolated: an isolated page could not tell a refusal from a server that is gone.
    server = await new PageServer({ isolated: false }).start();
    strange = await new PageServer({ isolated: false }).start();
    for (const each of [server, strange]) each.addBundle('tiny', fixture.files);
    server.addBundle('sister', await makeBundle({ name: 'sister', seed: 1 }));
    server.files.set('/image.png', fixture.images[0]!.png);
    browser = await startChromium();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    await strange?.stop();
  });
  beforeEach(async () => {
    page = await browser.newPage();
    await page.goto(server.origin);
    server.log.length = 0;
  });
  afterEach(async () => {
    server.obstacle = undefined;
    await page.close();
  });

  async function expectScore(): Promise<readonly string[]> {
    const { predictions, notices } = await score(page, ['/image.png']);
    const { expected } = fixture.images[0]!;
    expect(Math.abs(predictions[0]!.score - expected.score)).toBeLessThan(1e-3 * fixture.spread);
    return notices.map(({ code }) => code);
  }

  it('asks for the manifest only when it has the files already', async () => {
    await load(page, '/tiny/', WASM);
    await page.evaluate(() => globalThis.detector.dispose());
    server.log.length = 0;
    await load(page, '/tiny/', WASM);
    expect(await expectScore()).toEqual([]);
    expect(server.asked('/tiny/')).toEqual(['/tiny/manifest.json']);
  });

  it('asks a service for the version behind an alias, and for nothing when it has that version', async () => {
    const version = await sha256Hex(fixture.files.get('manifest.json')!);
    const files = (reference: string): string => `v1/detectors/wood/versions/${reference}/files`;
    server.addBundle(files(version), fixture.files);
    server.files.set(`/${files('production')}/manifest.json`, fixture.files.get('manifest.json')!);
    await load(page, '/v1/detectors/wood@production', WASM);
    expect(server.asked('/v1/').filter((path) => !path.startsWith(`/${files(version)}/`))).toEqual([
      `/${files('production')}/manifest.json`,
    ]);
    await load(page, `/v1/detectors/wood@${version}`, WASM);
    server.log.length = 0;
    await load(page, `/v1/detectors/wood@${version}`, WASM);
    expect(await page.evaluate(() => globalThis.detector.version)).toBe(version);
    expect(server.asked('/v1/')).toEqual([]);
    await expectScore();
  });

  it.each([true, false])('fetches the backbone of two detectors once, with the cache %s', async (cache) => {
    await load(page, '/tiny/', { ...WASM, cache });
    await load(page, '/sister/', { ...WASM, cache });
    expect(await page.evaluate(() => globalThis.detector.name)).toBe('sister');
    expect(server.asked('/tiny/backbone')).toHaveLength(2);
    expect(server.asked('/sister/').sort()).toEqual(
      ['decoders.safetensors', 'head.onnx', 'manifest.json', 'probe.safetensors'].map(
        (file) => `/sister/${file}`,
      ),
    );
  });

  it('fetches a cached file again that was damaged', async () => {
    await load(page, '/tiny/', WASM);
    await page.evaluate(async () => {
      await globalThis.detector.dispose();
      const [name] = await caches.keys();
      const cache = await caches.open(name!);
      for (const request of await cache.keys()) {
        const bytes = new Uint8Array(await (await cache.match(request))!.arrayBuffer());
        bytes[bytes.length - 1]! ^= 1;
        if (request.url.includes('sha256')) await cache.put(request, new Response(bytes));
      }
    });
    server.log.length = 0;
    await load(page, '/tiny/', WASM);
    expect(await expectScore()).toEqual(['cache-damaged']);
    expect(server.asked('/tiny/')).toHaveLength(6);
    await load(page, '/tiny/', WASM);
    expect(server.asked('/tiny/')).toHaveLength(7);
  });

  it('goes on without the cache when the browser gives no more room', async () => {
    const session = await page.context().newCDPSession(page);
    await session.send('Storage.overrideQuotaForOrigin', { origin: server.origin, quotaSize: 2000 });
    await load(page, '/tiny/', WASM);
    expect(await expectScore()).toEqual(['cache-full']);
  });

  it.each(['goes on with', 'begins again'])('survives a download that breaks off: %s', async (manner) => {
    let broken = 0;
    server.obstacle = (path, request, response, bytes) => {
      if (path !== '/tiny/decoders.safetensors') return false;
      if (broken > 0 && manner === 'begins again') delete request.headers.range;
      if (broken++ > 0) return false;
      response.setHeader('content-length', bytes.length);
      response.write(bytes.subarray(0, bytes.length / 2), () => setTimeout(() => response.destroy(), 100));
      return true;
    };
    await load(page, '/tiny/', WASM);
    await expectScore();
    const [first, second, ...more] = server.asked('/tiny/decoders');
    expect([first, more]).toEqual(['/tiny/decoders.safetensors', []]);
    expect(second).toMatch(/^\/tiny\/decoders\.safetensors bytes=\d+-$/);
  });

  it('stops when it is told to, and loads afterwards', async () => {
    server.obstacle = (path, _, response, bytes) => {
      if (path !== '/tiny/decoders.safetensors') return false;
      response.setHeader('content-length', bytes.length);
      response.write(bytes.subarray(0, 1000));
      return true;
    };
    const error = await page.evaluate(async () => {
      const controller = new AbortController();
      const { loadDetector } = globalThis.local;
      const onProgress = () => controller.abort(new Error('the user left'));
      const options = { device: 'wasm', signal: controller.signal, onProgress } as const;
      return loadDetector('/tiny/', options).catch(({ name, code, cause }) => [name, code, cause.message]);
    });
    expect(error).toEqual(['AbortedError', 'aborted', 'the user left']);
    server.obstacle = undefined;
    await load(page, '/tiny/', WASM);
    await expectScore();
  });

  it('uses the version that it loaded last while the server is gone', async () => {
    await load(page, '/tiny/', WASM);
    await page.evaluate(() => globalThis.detector.dispose());
    server.obstacle = (path, _, response) => {
      if (!path.startsWith('/tiny/')) return false;
      response.destroy();
      return true;
    };
    await load(page, '/tiny/', WASM);
    expect(await expectScore()).toEqual(['stale']);
  });

  it('refuses a damaged file', async () => {
    const head = fixture.files.get('head.onnx')!.slice();
    head[100]! ^= 1;
    server.addBundle('damaged', new Map([...fixture.files, ['head.onnx', head]]));
    const { name, message } = await loadError(page, '/damaged/');
    expect([name, message]).toEqual(['BundleError', expect.stringContaining('head.onnx')]);
  });

  it.each([
    [0, 'train or export the bundle again'],
    [2, 'update cflow'],
  ])('refuses a manifest of format version %i', async (formatVersion, advice) => {
    const manifest = JSON.stringify({ ...manifestOf(fixture.files), formatVersion });
    server.addBundle(
      'other',
      new Map([...fixture.files, ['manifest.json', new TextEncoder().encode(manifest)]]),
    );
    const { name, message } = await loadError(page, '/other/');
    expect([name, message]).toEqual(['BundleError', expect.stringContaining(advice)]);
  });

  it('says what to do when another origin refuses', async () => {
    const { name, message, details } = await loadError(page, `${strange.origin}/tiny/`);
    expect([name, details.reason]).toEqual(['DownloadError', 'cors']);
    expect(message).toContain(`Access-Control-Allow-Origin: ${server.origin}`);
  });

  it('says what to do when there is no bundle, or a key is needed', async () => {
    const nothing = await loadError(page, '/nothing/');
    expect(nothing).toMatchObject({ name: 'DownloadError', details: { status: 404, reason: 'http' } });
    server.obstacle = (_, request, response) => {
      if (request.headers.authorization === 'Bearer key') return false;
      response.writeHead(401).end();
      return true;
    };
    const { message } = await loadError(page, '/tiny/');
    expect(message).toContain('authorization');
    await load(page, '/tiny/', { ...WASM, headers: { authorization: 'Bearer key' } });
  });

  it('says what to do when the worker is not where it should be', async () => {
    const { name, message } = await loadError(page, '/tiny/', { assets: '/nowhere/' });
    expect([name, message]).toEqual(['DeviceError', expect.stringContaining('dist/assets')]);
  });
});
