import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { launchChromium } from '../support/chromium.js';
import type { Served } from '../support/static-server.js';
import { MOZ_JPEG, ORT_WEB } from './packages.js';
import type { ScoredFile, Work } from './score-files.js';
import { serveWork } from './serve-work.js';

export interface ChromiumScorer {
  /** `ownJpeg`: JPEG by the browser's decoder instead of ours. */
  score(device: 'wasm' | 'webgpu', ownJpeg?: boolean): Promise<ScoredFile[]>;
  close(): Promise<void>;
}

/** A page in headless Chromium that scores the work. */
export async function openChromium(work: Work): Promise<ChromiumScorer> {
  const folder = await mkdtemp(join(tmpdir(), 'cflow-page-'));
  const script = join(folder, 'page.js');
  await build({
    entryPoints: [fileURLToPath(new URL('chromium/page.ts', import.meta.url))],
    outfile: script,
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    conditions: ['onnxruntime-web-use-extern-wasm'],
    logLevel: 'error',
  });
  const ort = ['ort-wasm-simd-threaded', 'ort-wasm-simd-threaded.asyncify'].flatMap((name) =>
    ['mjs', 'wasm'].map((end): [string, Served] => [
      `/ort/${name}.${end}`,
      { file: join(ORT_WEB, `${name}.${end}`) },
    ]),
  );
  const server = await serveWork(work, [
    ['/', '<!doctype html><title>runtimes</title><script type="module" src="/page.js"></script>'],
    ['/page.js', { file: script }],
    ['/mozjpeg_dec.wasm', { file: MOZ_JPEG }],
    ...ort,
  ]);
  const browser = await launchChromium().catch(async (error: unknown) => {
    await server.close();
    throw error;
  });
  return {
    async score(device, ownJpeg = false) {
      // A page each: one module of the engine does not see what another did.
      const page = await browser.newPage();
      try {
        await page.goto(server.origin);
        await page.waitForFunction('"score" in globalThis');
        return (await page.evaluate(`score('${device}', ${ownJpeg})`)) as ScoredFile[];
      } finally {
        await page.close();
      }
    },
    async close() {
      await browser.close();
      await server.close();
      await rm(folder, { recursive: true });
    },
  };
}
