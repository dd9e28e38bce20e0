// The packed SDK in projects that know nothing of this repository.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build as esbuild } from 'esbuild';
import { build as vite } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PUBLISHED_NAMES } from '../../packages/release/src/names.js';
import { packRelease } from '../../packages/release/src/pack-release.js';
import { ROOT } from '../../packages/release/src/workspaces.js';

const run = promisify(execFile);
let project: string;
let server: Server;
let url: string;

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'cflow-empty-'));
  await writeFile(join(project, 'package.json'), '{ "name": "empty", "private": true }');
  const [packed] = await packRelease(project, {
    names: PUBLISHED_NAMES,
    platforms: [],
    only: ['@cflow/sdk'],
  });
  const options = ['--offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  await run('npm', ['install', ...options, packed?.tarball as string], { cwd: project });
  server = createServer((request, response) => {
    if (request.url === '/livez') {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"alive","version":"1"}');
    } else response.writeHead(404, { 'content-type': 'application/json' }).end('{"code":"not-found"}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await rm(project, { recursive: true, force: true });
});

const write = (file: string, text: string): Promise<void> => writeFile(join(project, file), text);

// The same in every way of loading it: a call that works, one that fails, and its class.
const USE = `
const client = new CflowClient({ baseUrl: process.argv[2], maxRetries: 0 });
const work = async () => {
  const { status } = await client.alive();
  const error = await client.detectors.get('nobody').catch((reason) => reason);
  console.log(JSON.stringify([status, error instanceof NotFoundError, error.name, typeof createDetector, typeof loadDetector, Object.keys(drawing).length > 0]));
};
work();
`;
const SAID = JSON.stringify(['alive', true, 'NotFoundError', 'function', 'function', true]);

describe('the packed SDK in an empty project', () => {
  it('brings nothing along', async () => {
    expect(await readdir(join(project, 'node_modules'))).toEqual(expect.not.arrayContaining(['zod']));
    expect(await readdir(join(project, 'node_modules/@cflow'))).toEqual(['sdk']);
  });

  it('runs in Node as ES module', async () => {
    await write(
      'main.mjs',
      `import { CflowClient, NotFoundError } from '@cflow/sdk';
import { createDetector } from '@cflow/sdk/automatic';
import * as drawing from '@cflow/sdk/drawing';
import { loadDetector } from '@cflow/sdk/local';
${USE}`,
    );
    const { stdout, stderr } = await run(process.execPath, ['main.mjs', url], { cwd: project });
    expect([stdout.trim(), stderr]).toEqual([SAID, '']);
  });

  it('runs in Node as CommonJS', async () => {
    await write(
      'main.cjs',
      `const { CflowClient, NotFoundError } = require('@cflow/sdk');
const { createDetector } = require('@cflow/sdk/automatic');
const drawing = require('@cflow/sdk/drawing');
const { loadDetector } = require('@cflow/sdk/local');
${USE}`,
    );
    const { stdout, stderr } = await run(process.execPath, ['main.cjs', url], { cwd: project });
    expect([stdout.trim(), stderr]).toEqual([SAID, '']);
  });

  it('has types for a bundler with a DOM, and for Node without one', async () => {
    const remote = `import { CflowClient, type Detector, type Job, type Prediction, RateLimitError, verifyWebhook } from '@cflow/sdk';
const client = new CflowClient({ baseUrl: 'http://127.0.0.1:8080', apiKey: undefined });
export const wood: Detector = client.detector('wood@production');
export async function work(bytes: Uint8Array): Promise<[Prediction, Job[]]> {
  const { data, requestId } = await client.detector('wood').predict(bytes, { map: true }).withResponse();
  const id: string | undefined = requestId;
  const values: Float32Array | undefined = data.map?.data;
  const jobs: Job[] = [];
  for await (const job of client.jobs.list({ status: 'running' })) jobs.push(job);
  // @ts-expect-error there is no such option
  await wood.predict(bytes, { treshold: 1 });
  // @ts-expect-error a name is not an image
  await wood.predict('part.png');
  const event = await verifyWebhook({ headers: {}, body: '' }, { secret: 'whsec_' });
  if (new Error() instanceof RateLimitError) console.log(event.data.result?.metrics?.imageAuroc, id, values?.length);
  return [data, jobs];
}
`;
    await mkdir(join(project, 'types'), { recursive: true });
    await write('types/remote.mts', remote);
    await write('types/remote.cts', remote);
    await write(
      'types/page.ts',
      `import { CflowClient } from '@cflow/sdk';
import { createDetector } from '@cflow/sdk/automatic';
import * as drawing from '@cflow/sdk/drawing';
import { loadDetector } from '@cflow/sdk/local';
export const parts = [createDetector, drawing, loadDetector];
export const score = (image: ImageBitmap | ImageData | File | HTMLCanvasElement['width']) =>
  typeof image === 'number' ? image : new CflowClient({ baseUrl: '/' }).detector('wood').predict(image);
`,
    );
    const strict = {
      strict: true,
      noEmit: true,
      skipLibCheck: false,
      exactOptionalPropertyTypes: true,
      target: 'ES2022',
    };
    await write(
      'tsconfig.page.json',
      JSON.stringify({
        compilerOptions: {
          ...strict,
          module: 'ESNext',
          moduleResolution: 'bundler',
          lib: ['ES2022', 'DOM', 'DOM.Iterable'],
          types: [],
        },
        files: ['types/page.ts', 'types/remote.mts'],
      }),
    );
    // Node's own types are not ours to check.
    await mkdir(join(project, 'node_modules/@types'), { recursive: true });
    await symlink(join(ROOT, 'node_modules/@types/node'), join(project, 'node_modules/@types/node'));
    await write(
      'tsconfig.node.json',
      JSON.stringify({
        compilerOptions: {
          ...strict,
          module: 'Node16',
          moduleResolution: 'Node16',
          lib: ['ES2023'],
          types: ['node'],
        },
        files: ['types/remote.mts', 'types/remote.cts'],
      }),
    );
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    for (const config of ['tsconfig.page.json', 'tsconfig.node.json']) {
      const { stdout } = await run(process.execPath, [tsc, '-p', config], { cwd: project }).catch(
        (error) => error,
      );
      expect(stdout, config).toBe('');
    }
  });

  it('is bundled by esbuild and by Vite, with what it loads by address', async () => {
    await write(
      'page.js',
      `import { CflowClient } from '@cflow/sdk';
import { loadDetector } from '@cflow/sdk/local';
globalThis.cflow = { CflowClient, loadDetector };
`,
    );
    const { warnings, outputFiles } = await esbuild({
      absWorkingDir: project,
      entryPoints: ['page.js'],
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'browser',
      outdir: 'out',
      write: false,
      logLevel: 'silent',
    });
    expect(warnings).toEqual([]);
    expect(outputFiles.length).toBeGreaterThan(0);

    await write('index.html', '<!doctype html><script type="module" src="./page.js"></script>');
    await vite({ root: project, configFile: false, logLevel: 'silent', build: { outDir: 'dist' } });
    const built = await readdir(join(project, 'dist'), { recursive: true });
    expect(built.filter((name) => /worker.*\.js$/.test(name))).not.toEqual([]);
    expect(built.filter((name) => /\.wasm$/.test(name))).not.toEqual([]);
    const page = await readFile(join(project, 'dist/index.html'), 'utf8');
    expect(page).toMatch(/assets\/.*\.js/);
  });
});
