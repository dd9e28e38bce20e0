import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Served, StaticServer } from '../support/static-server.js';
import { MOZ_JPEG, ORT_WEB } from './packages.js';
import type { Work } from './score-files.js';
import { serveWork } from './serve-work.js';

/**
 * Serves a page that runs `chromium/<script>.ts`, the work, and what scoring needs, isolated across origins.
 * @param scripts names in the folder `chromium`; the page loads the first, the others are for its workers
 */
export async function servePage(work: Work, scripts: readonly string[]): Promise<StaticServer> {
  const folder = await mkdtemp(join(tmpdir(), 'cflow-page-'));
  await build({
    entryPoints: scripts.map((name) => fileURLToPath(new URL(`chromium/${name}.ts`, import.meta.url))),
    outdir: folder,
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
    ['/', `<!doctype html><title>runtimes</title><script type="module" src="/${scripts[0]}.js"></script>`],
    ...scripts.map((name): [string, Served] => [`/${name}.js`, { file: join(folder, `${name}.js`) }]),
    ['/mozjpeg_dec.wasm', { file: MOZ_JPEG }],
    ...ort,
  ]);
  return {
    origin: server.origin,
    async close() {
      await server.close();
      await rm(folder, { recursive: true });
    },
  };
}
