// Each check has to find what it is for: a package is broken in one way at a time.

import { mkdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { npmPack } from '../npm.js';
import type { PackedPackage } from '../pack-release.js';
import { ROOT } from '../workspaces.js';
import { checkRelease } from './check-release.js';

const folder = await mkdtemp(join(tmpdir(), 'cflow-checks-'));
afterAll(() => rm(folder, { recursive: true }));
let count = 0;

const MANIFEST = {
  name: '@cflow/good',
  version: '1.0.0',
  description: 'good',
  keywords: ['good'],
  license: 'Apache-2.0',
  author: 'The CFLOW authors',
  type: 'module',
  exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' } },
  dependencies: { zod: '^4.0.0' },
};
const FILES = {
  'dist/index.js': "import 'zod';\nexport const one = 1;\n",
  'dist/index.d.ts': 'export declare const one: number;\n',
  'README.md': '# good\n',
  LICENSE: 'Apache\n',
};

async function packed(
  files: Record<string, string | Buffer | undefined>,
  manifest: Record<string, unknown> = {},
): Promise<PackedPackage> {
  const place = join(folder, String(count++));
  const all = { ...FILES, ...files, 'package.json': JSON.stringify({ ...MANIFEST, ...manifest }) };
  for (const [path, content] of Object.entries(all)) {
    if (content === undefined) continue;
    mkdirSync(dirname(join(place, path)), { recursive: true });
    await writeFile(join(place, path), content);
  }
  const [file] = await npmPack([place], place);
  return { name: MANIFEST.name, version: MANIFEST.version, tarball: join(place, file as string) };
}

describe('the checks of a release', () => {
  it('find nothing in a package that is whole', async () => {
    expect(await checkRelease([await packed({})])).toEqual([]);
  });

  it.each<[string, RegExp, Record<string, string | Buffer | undefined>, Record<string, unknown>?]>([
    ['an install script', /install script postinstall/, {}, { scripts: { postinstall: 'node .' } }],
    ['no licence', /expected the file LICENSE/, { LICENSE: undefined }],
    ['no keywords', /expected "keywords"/, {}, { keywords: undefined }],
    ['a test', /dist\/one\.test\.js, which is not for others/, { 'dist/one.test.js': '' }],
    [
      'an entry that is not published',
      /README\.md names @cflow\/good\/testing/,
      { 'README.md': "# good\n\nimport { one } from '@cflow/good/testing';\n" },
    ],
    ['sources', /src\/index\.ts, which is not for others/, { 'src/index.ts': '' }],
    [
      'a folder of this machine',
      /names .*, a folder of this machine/,
      { 'dist/a.js': `// ${ROOT}packages\n` },
    ],
    ['an import that nobody asks for', /index\.js imports yauzl/, { 'dist/index.js': "import 'yauzl';\n" }],
    [
      'types of what nobody asks for',
      /index\.d\.ts imports pg/,
      { 'dist/index.d.ts': "export type { Pool } from 'pg';\n" },
    ],
    ['an entry that is not there', /dist\/index\.js/, { 'dist/index.js': undefined }],
    ['types that are not there', /./, { 'dist/index.d.ts': "export * from './gone.js';\n" }],
    ['too many bytes', /expected at most 200000 bytes/, { 'dist/noise.bin': noise(300_000) }],
  ])('find %s', async (_, expected, files, manifest) => {
    const found = await checkRelease([await packed(files, manifest)]);
    expect(found.join('\n')).toMatch(expected);
    expect(found.every((line) => line.startsWith('@cflow/good: '))).toBe(true);
  });
});

/** Bytes that do not pack. */
function noise(bytes: number): Buffer {
  const made = Buffer.alloc(bytes);
  for (let i = 0, x = 1; i < bytes; i++) {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    made[i] = x >>> 24;
  }
  return made;
}
