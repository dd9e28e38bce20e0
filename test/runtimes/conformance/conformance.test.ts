import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, it } from 'vitest';
import { findChromium, launchChromium } from '../../support/chromium.js';
import { serveStatic } from '../../support/static-server.js';
import type { BrowserResult } from './vitest-in-browser.js';

const here = fileURLToPath(new URL('.', import.meta.url));

if (findChromium() === undefined) {
  it.skip('the conformance suite in Chromium (there is no Chromium on this machine)');
} else {
  it('wasm and webgpu pass the conformance suite in Chromium', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cflow-conformance-'));
    const bundle = join(folder, 'page.js');
    await build({
      entryPoints: [join(here, 'page.ts')],
      outfile: bundle,
      bundle: true,
      format: 'esm',
      platform: 'browser',
      target: 'es2022',
      conditions: ['onnxruntime-web-use-extern-wasm'],
      alias: { vitest: join(here, 'vitest-in-browser.ts') },
      logLevel: 'error',
    });
    const ort = dirname(createRequire(import.meta.url).resolve('onnxruntime-web/wasm'));
    const names = ['ort-wasm-simd-threaded', 'ort-wasm-simd-threaded.asyncify'];
    const server = await serveStatic(
      new Map<string, string | { file: string }>([
        ['/', '<!doctype html><title>conformance</title><script type="module" src="/page.js"></script>'],
        ['/page.js', { file: bundle }],
        ...names.flatMap((name) =>
          ['mjs', 'wasm'].map(
            (end) => [`/ort/${name}.${end}`, { file: join(ort, `${name}.${end}`) }] as const,
          ),
        ),
      ]),
    );
    const browser = await launchChromium();
    try {
      const page = await browser.newPage();
      const errors: string[] = [];
      page.on('pageerror', (error) => errors.push(String(error)));
      await page.goto(server.origin);
      await page.waitForFunction('"runTests" in globalThis', undefined, { timeout: 30_000 }).catch(() => {
        throw new Error(`the page did not start: ${errors.join('; ')}`);
      });
      const results = (await page.evaluate('runTests()')) as BrowserResult[];
      expect(results.filter(({ failure }) => failure !== undefined)).toEqual([]);
      expect(results.length).toBeGreaterThan(60);
    } finally {
      await browser.close();
      await server.close();
      await rm(folder, { recursive: true });
    }
  }, 120_000);
}
