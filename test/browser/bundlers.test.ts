// The packed SDK in an empty project, bundled as its users bundle it, and then run in a real browser: whether the worker
// and ONNX Runtime are found there.
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { build as esbuild } from 'esbuild';
import type { Browser } from 'playwright-core';
import { build as vite } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PUBLISHED_NAMES } from '../../packages/release/src/names.js';
import { packRelease } from '../../packages/release/src/pack-release.js';
import { missingChromium, startChromium } from './chromium.js';
import { type DetectorFixture, detectorFixture } from './detector-fixture.js';
import { PageServer } from './page-server.js';

const PAGE = `
import { CflowClient } from '@cflow/sdk';
import { loadDetector } from '@cflow/sdk/local';
const output = document.querySelector('output');
try {
  const detector = await loadDetector('/tiny/', { device: 'wasm', threads: 1 });
  const { score } = await detector.predict(await (await fetch('/image.png')).blob());
  output.textContent = \`\${typeof CflowClient} \${score}\`;
} catch (error) {
  output.textContent = String(error);
}
`;

describe.skipIf(missingChromium)(`bundled pages in Chromium ${missingChromium ?? ''}`, () => {
  let project: string;
  let browser: Browser;
  let fixture: DetectorFixture;

  beforeAll(async () => {
    project = await mkdtemp(join(tmpdir(), 'cflow-bundled-'));
    await writeFile(join(project, 'package.json'), '{ "name": "empty", "private": true, "type": "module" }');
    const [packed] = await packRelease(project, {
      names: PUBLISHED_NAMES,
      platforms: [],
      only: ['@cflow/sdk'],
    });
    const options = ['--offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    await promisify(execFile)('npm', ['install', ...options, packed?.tarball as string], { cwd: project });
    await writeFile(join(project, 'page.js'), PAGE);
    await writeFile(
      join(project, 'index.html'),
      '<!doctype html><link rel="icon" href="data:,"><output></output><script type="module" src="./page.js"></script>',
    );
    fixture = await detectorFixture(1);
    browser = await startChromium({ webgpu: false });
  });
  afterAll(async () => {
    await browser?.close();
    await rm(project, { recursive: true, force: true });
  });

  /** What the page in a folder says in the end. */
  async function said(folder: string): Promise<string> {
    const server = await new PageServer().start();
    const page = await browser.newPage();
    try {
      server.addBundle('tiny', fixture.files);
      server.files.set('/image.png', fixture.images[0]!.png);
      for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
        const path = join(entry.parentPath ?? entry.path, entry.name);
        if (entry.isFile()) server.files.set(`/${relative(folder, path)}`, await readFile(path));
      }
      await page.goto(`${server.origin}/index.html`);
      const output = page.locator('output').filter({ hasText: /./ });
      await output.waitFor();
      return await output.innerText();
    } finally {
      await page.close();
      await server.stop();
    }
  }

  function expectScore(text: string): void {
    expect(text).toMatch(/^function [\d.]+$/);
    const score = Number(text.split(' ')[1]);
    expect(Math.abs(score - fixture.images[0]!.expected.score)).toBeLessThan(1e-3 * fixture.spread);
  }

  it('score when Vite has built them', async () => {
    await vite({ root: project, configFile: false, logLevel: 'silent', build: { target: 'es2022' } });
    expectScore(await said(join(project, 'dist')));
  });

  it("score when esbuild has built them and the SDK's assets are copied beside", async () => {
    const outdir = join(project, 'built');
    await esbuild({
      absWorkingDir: project,
      entryPoints: ['page.js'],
      bundle: true,
      splitting: true,
      format: 'esm',
      outdir,
      logLevel: 'silent',
    });
    await cp(join(project, 'index.html'), join(outdir, 'index.html'));
    await cp(join(project, 'node_modules/@cflow/sdk/dist/assets'), join(outdir, 'assets'), {
      recursive: true,
    });
    expectScore(await said(outdir));
  });
});
