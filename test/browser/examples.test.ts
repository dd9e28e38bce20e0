// The examples of pages, in a real browser: one with a plain script tag as it is, one with React as Vite builds it.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { missingChromium, startChromium } from './chromium.js';
import { type DetectorFixture, detectorFixture } from './detector-fixture.js';
import { PageServer } from './page-server.js';

const EXAMPLES = fileURLToPath(new URL('../../sdk/examples', import.meta.url));

describe.skipIf(missingChromium)(`examples in Chromium ${missingChromium ?? ''}`, () => {
  let browser: Browser;
  let server: PageServer;
  let page: Page;
  let fixture: DetectorFixture;
  let wrong: string[];

  beforeAll(async () => {
    fixture = await detectorFixture(1);
    server = await new PageServer().start();
    server.addBundle('bundle', fixture.files);
    browser = await startChromium();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });
  beforeEach(async () => {
    page = await browser.newPage();
    wrong = [];
    page.on('pageerror', (error) => wrong.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') wrong.push(message.text());
    });
  });
  afterEach(() => page.close());

  /** Serves the files of a folder at the root. */
  async function serve(folder: string): Promise<void> {
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath ?? entry.path, entry.name);
      server.files.set(`/${relative(folder, path).replaceAll('\\', '/')}`, await readFile(path));
    }
  }

  async function expectScore(): Promise<void> {
    const { png, expected } = fixture.images[0]!;
    await page.getByRole('status').getByText('is ready on wasm').waitFor();
    await page
      .locator('input')
      .setInputFiles({ name: 'part.png', mimeType: 'image/png', buffer: Buffer.from(png) });
    const said = `${expected.label}: ${expected.score.toFixed(3)} on wasm`;
    await page.getByRole('status').getByText(said).waitFor();
    // Something was drawn: a canvas of one color is nothing to look at.
    const colors = await page.locator('canvas').evaluate((canvas) => {
      const { width, height } = canvas as HTMLCanvasElement;
      const pixels = (canvas as HTMLCanvasElement).getContext('2d')!.getImageData(0, 0, width, height);
      return new Set(new Uint32Array(pixels.data.buffer)).size;
    });
    expect(colors).toBeGreaterThan(20);
    expect(wrong).toEqual([]);
  }

  it('scores in a page with a plain script tag', async () => {
    await serve(join(EXAMPLES, 'script-tag'));
    await page.goto(`${server.origin}/index.html`);
    await expectScore();
  });

  it('says in that page what is wrong', async () => {
    await serve(join(EXAMPLES, 'script-tag'));
    await page.goto(`${server.origin}/index.html?bundle=nowhere/`);
    await page.getByRole('status').getByText('404').waitFor();
    expect(await page.locator('input').isDisabled()).toBe(true);
  });

  it('scores without a worker, where the script tag is told to', async () => {
    await serve(join(EXAMPLES, 'script-tag'));
    server.files.set('/image.png', fixture.images[0]!.png);
    await page.goto(`${server.origin}/index.html?bundle=nowhere/`);
    const score = await page.evaluate(async () => {
      const { cflow } = globalThis as unknown as { cflow: typeof globalThis.local };
      const detector = await cflow.loadDetector('bundle/', {
        inThisThread: true,
        device: 'wasm',
        threads: 1,
      });
      const { score } = await detector.predict(await (await fetch('image.png')).blob());
      await detector.dispose();
      return score;
    });
    expect(Math.abs(score - fixture.images[0]!.expected.score)).toBeLessThan(1e-3 * fixture.spread);
  });

  it('scores in a React component that Vite has built, and lets go when it is gone', async () => {
    const outDir = await mkdtemp(join(tmpdir(), 'cflow-react-'));
    try {
      await build({
        root: join(EXAMPLES, 'react'),
        configFile: false,
        logLevel: 'error',
        // React's development build renders twice and frees once more: what the component has to bear.
        mode: 'development',
        define: { 'process.env.NODE_ENV': '"development"' },
        build: { outDir, emptyOutDir: true, minify: false },
      });
      await serve(outDir);
    } finally {
      await rm(outDir, { recursive: true, force: true });
    }
    await page.goto(`${server.origin}/index.html`);
    await expectScore();
  });
});
