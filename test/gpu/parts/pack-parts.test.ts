import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../packages/training/src/testing/temporary-folder.js';
import { neededPaths } from './needed-paths.js';
import { packParts } from './pack-parts.js';

const folder = temporaryFolder();
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

describe.runIf(process.platform === 'linux')('parts for a machine without a network', () => {
  it('come together again in any order, and a damaged one is refused', async () => {
    const [one, two, into] = ['one', 'two', 'parts'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    // Nothing that can be compressed.
    const noise = randomBytes(300_000);
    for (const path of [join(one, 'a'), two]) mkdirSync(path, { recursive: true });
    writeFileSync(join(one, 'a/first'), noise);
    writeFileSync(join(two, 'second'), 'two');
    const sizes = await packParts({
      into,
      partBytes: 100_000,
      packed: [
        { from: one, paths: ['a'] },
        { from: two, paths: ['second'], to: 'far/away' },
      ],
    });
    expect(sizes.length).toBeGreaterThan(2);
    expect(sizes.slice(0, -1)).toEqual(Array(sizes.length - 1).fill(100_000));
    const names = readdirSync(into);
    expect(names).toEqual(sizes.map((_, i) => `0${i + 1}`));

    const there = join(folder, 'there');
    await mkdir(join(there, 'test/gpu/parts'), { recursive: true });
    const script = join(there, 'test/gpu/parts/receive-part.sh');
    await copyFile(fileURLToPath(new URL('receive-part.sh', import.meta.url)), script);
    const receive = (name: string) =>
      promisify(execFile)('sh', [script, join(into, name), join(folder, 'kept')]);
    for (const name of names.slice(1).reverse())
      expect((await receive(name)).stdout).toMatch(/^kept; missing: .*01/);
    const first = join(into, '01/part');
    const whole = readFileSync(first);
    writeFileSync(first, whole.subarray(1));
    await expect(receive('01')).rejects.toThrow();
    writeFileSync(first, whole);
    expect((await receive('01')).stdout).toMatch(/^unpacked into/);
    expect(readFileSync(join(there, 'a/first'))).toEqual(noise);
    expect(readFileSync(join(there, 'far/away/second'), 'utf8')).toBe('two');
  });

  it('hold every package that the check needs, and nothing of other platforms', async () => {
    const paths = await neededPaths(ROOT);
    for (const needed of [
      'node_modules/tsx',
      'node_modules/zod',
      'packages/detector/dist',
      'packages/synth/dist',
    ])
      expect(paths).toContain(needed);
    expect(paths.filter((path) => /darwin|win32|onnxruntime-web$/.test(path))).toEqual([]);
    const bytes = (path: string): number => {
      const found = lstatSync(path);
      if (!found.isDirectory()) return found.size;
      return readdirSync(path).reduce((sum, name) => sum + bytes(join(path, name)), 0);
    };
    // Before it is compressed.
    expect(paths.reduce((sum, path) => sum + bytes(join(ROOT, path)), 0)).toBeLessThan(300e6);
  });
});
