import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packRelease } from './pack-release.js';
import { manifestIn, readArchive } from './read-archive.js';

const NAMES = { command: '@acme/anomaly', scope: '@acme', starter: 'create-anomaly' };
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cflow-named-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('a release under other names', () => {
  it('has them everywhere, in what it imports too', async () => {
    const only = ['@cflow/spec', '@cflow/evaluation', 'create-cflow'];
    const packed = await packRelease(folder, { names: NAMES, platforms: [], only });
    expect(packed.map(({ name }) => name).sort()).toEqual([
      '@acme/evaluation',
      '@acme/spec',
      'create-anomaly',
    ]);
    for (const { name, tarball } of packed) {
      const files = await readArchive(tarball);
      expect(manifestIn(files).name).toBe(name);
      for (const [path, bytes] of files) expect(bytes.includes('@cflow/'), `${name}: ${path}`).toBe(false);
    }
    const evaluation = packed.find(({ name }) => name === '@acme/evaluation');
    const files = await readArchive(String(evaluation?.tarball));
    expect([...files.values()].some((bytes) => bytes.includes("from '@acme/spec'"))).toBe(true);
    expect(Object.keys(manifestIn(files).dependencies ?? {})).toContain('@acme/spec');
    const starter = packed.find(({ name }) => name === 'create-anomaly');
    const template = JSON.parse(
      String((await readArchive(String(starter?.tarball))).get('template/package.json')),
    );
    expect(Object.keys(template.dependencies)).toEqual(
      expect.arrayContaining(['@acme/anomaly', '@acme/sdk', 'hono']),
    );
  });
});
