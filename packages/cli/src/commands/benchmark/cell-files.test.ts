import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { CellFiles } from './cell-files.js';

const root = await mkdtemp(join(tmpdir(), 'cflow-cells-'));
afterAll(() => rm(root, { recursive: true }));

const cell = { key: 'a'.repeat(64) };
const other = { key: 'b'.repeat(64) };
const bundle = 'aaaaaaaaaaaaaaaa.cflow';
let files: CellFiles;

/** What a cell leaves that was measured: its bundle, and the folder of its training where that was not ended. */
async function leave({ key }: typeof cell): Promise<void> {
  for (const folder of [files.bundle({ key }), `${files.bundle({ key })}.training`]) {
    await mkdir(folder);
    await writeFile(join(folder, 'manifest.json'), '{}');
  }
}

const namesIn = (folder: string): Promise<string[]> =>
  readdir(join(files.folder, folder)).then(
    (names) => names.sort(),
    () => [],
  );

beforeEach(async () => {
  files = new CellFiles(await mkdtemp(join(root, 'run-')));
  await files.open();
});

describe('what a cell needed on its way', () => {
  it('is taken away, and nothing of other cells', async () => {
    await leave(cell);
    await leave(other);
    await files.clear(cell, false);
    expect(await namesIn('work')).toEqual(['bbbbbbbbbbbbbbbb.cflow', 'bbbbbbbbbbbbbbbb.cflow.training']);
    await files.clear(other, false);
    expect(await readdir(files.folder)).toEqual(['cells']);
  });

  it('but for the bundle, where that is to be kept, once and for all', async () => {
    await leave(cell);
    await files.clear(cell, true);
    expect([await namesIn('work'), await namesIn('bundles')]).toEqual([[], [bundle]]);
    // By a run that finds the result, with and without being told to keep; and when there is one already.
    await files.clear(cell, true);
    await files.clear(cell, false);
    await files.open();
    await leave(cell);
    await files.clear(cell, true);
    expect([await namesIn('work'), await namesIn('bundles')]).toEqual([[], [bundle]]);
    expect(await namesIn(`bundles/${bundle}`)).toEqual(['manifest.json']);
  });
});
