import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COMPUTE_CAPABILITIES } from '@cflow/runtime/node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { checkCuda } from './check-cuda.js';
import { cudaLibraries, whyNoCuda } from './cuda-libraries.js';
import { runsOn } from './fat-binary.js';
import { unmetNeeds, unresolvedSymbols } from './needs.js';

let folder: string;
let why: string | undefined;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cflow-cuda-'));
  why = await whyNoCuda();
}, 600_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

it('what the GPU image holds goes together', async ({ skip }) => {
  if (why !== undefined) return skip(why);
  const checks = await checkCuda(() => undefined);
  expect(checks.filter(({ passed }) => !passed)).toEqual([]);
  expect(checks.map(({ name }) => name)).toEqual([
    'laid out',
    'needs are met',
    'same commit',
    'code for cards',
    'session without card',
    'doctor names it',
  ]);
}, 900_000);

it('a library that is gone, or of another version, is found out', async ({ skip }) => {
  if (why !== undefined) return skip(why);
  const { folder: libraries, packages } = await cudaLibraries();
  const names = packages.flatMap(({ files }) => files.map(({ name }) => name));
  const layOut = async (into: string, linkOf: (name: string) => string | undefined): Promise<string> => {
    await mkdir(join(folder, into));
    for (const name of names) {
      const target = linkOf(name);
      if (target !== undefined) await symlink(join(libraries, target), join(folder, into, name));
    }
    return join(folder, into);
  };
  const gone = await layOut('gone', (name) => (name === 'libcublasLt.so.13' ? undefined : name));
  expect(await unmetNeeds(gone)).toEqual(
    expect.arrayContaining(['libcublas.so.13 needs libcublasLt.so.13, which is not there']),
  );
  // Another library under its name is another version: it has none of the symbols.
  const other = await layOut('other', (name) => (name === 'libcudart.so.13' ? 'libcurand.so.10' : name));
  expect((await unmetNeeds(other)).join()).toMatch(/needs libcudart\.so\.13 of libcudart\.so\.13/);
  expect(await unresolvedSymbols(other, 'libonnxruntime_providers_cuda.so')).toContain('cudaMemcpyAsync');
});

it.each([
  ['8.6', { capabilities: ['8.0'], ptx: [] }, true],
  ['8.0', { capabilities: ['8.6'], ptx: [] }, false],
  ['9.0', { capabilities: ['8.0'], ptx: [] }, false],
  ['9.0', { capabilities: [], ptx: ['8.0'] }, true],
  ['7.0', { capabilities: Object.keys(COMPUTE_CAPABILITIES), ptx: [] }, false],
  ['10.0', { capabilities: Object.keys(COMPUTE_CAPABILITIES), ptx: [] }, false],
])('a card of %s runs %j: %s', (card, code, runs) => {
  expect(runsOn(code, card)).toBe(runs);
});
