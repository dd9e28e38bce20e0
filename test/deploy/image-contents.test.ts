// What an image holds: the checkout as it is here, put through what the Dockerfiles put it through.
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../packages/training/src/testing/temporary-folder.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PARTS = ['node_modules', 'packages', 'functions', 'sdk', 'test', 'package.json', 'LICENSE', 'NOTICE'];
const run = promisify(execFile);
const folder = temporaryFolder();
let said: string;

describe.skipIf(process.platform !== 'linux')('an image', () => {
  beforeAll(async () => {
    // Links to the same files: what is removed is removed of the copy.
    for (const part of PARTS) await run('cp', ['-al', join(ROOT, part), folder]);
    said = (await run(process.execPath, [join(ROOT, 'image/trim.mjs'), folder])).stdout;
  });

  it('is small, and the packages that it needs are all there', async () => {
    const [, megabytes] = /^(\d+) MB left, \d+ packages\n$/.exec(said) ?? [];
    expect(Number(megabytes)).toBeGreaterThan(100);
    expect(Number(megabytes)).toBeLessThan(180);
    const { stdout } = await run(
      process.execPath,
      [join(folder, 'packages/cli/bin/cflow.js'), 'doctor', '--json'],
      {
        env: { ...process.env, VITEST: '' },
      },
    );
    const { auto, embeddedBackbone } = JSON.parse(stdout) as { auto: string; embeddedBackbone: object };
    expect(auto).not.toBeNull();
    expect(embeddedBackbone).toEqual({ available: true });
  });

  it('holds one platform, no tools, no sources, and no links that lead nowhere', async () => {
    const engine = join(folder, 'node_modules/onnxruntime-node/bin/napi-v6');
    expect(await readdir(engine)).toEqual([process.platform]);
    expect(await readdir(join(engine, process.platform))).toEqual([process.arch]);
    const modules = await readdir(join(folder, 'node_modules'));
    const tools = [
      'vitest',
      'vite',
      'rolldown',
      '@rolldown',
      'esbuild',
      '@esbuild',
      'tsx',
      'typescript',
      'turbo',
      '@biomejs',
    ];
    expect(modules.filter((name) => tools.includes(name))).toEqual([]);
    expect(modules).toEqual(expect.arrayContaining(['onnxruntime-node', 'sharp', 'hono', 'cflow', '@cflow']));
    expect((await readdir(join(folder, 'packages'))).sort()).toEqual(
      (await readdir(join(folder, 'node_modules/@cflow')))
        .filter((name) => !/predict|train-worker/.test(name))
        .concat('cli')
        .sort(),
    );
    const files = (await readdir(folder, { recursive: true })).map(String);
    expect(files.filter((path) => /\.(ts|map|tsbuildinfo)$/.test(path) && !path.endsWith('.ts.js'))).toEqual(
      [],
    );
    expect(files.filter((path) => /^(packages|functions)\/[^/]+\/(src|page)(\/|$)/.test(path))).toEqual([]);
  });

  it('is what both Dockerfiles make', async () => {
    for (const file of ['Dockerfile', 'Dockerfile.cpu']) {
      const text = await readFile(join(ROOT, file), 'utf8');
      expect(text).toMatch(/^RUN npm ci .*&& node image\/trim\.mjs \.$/m);
      expect(text).not.toMatch(/nuget|ONNXRUNTIME_NODE_INSTALL/i);
    }
  });
});
