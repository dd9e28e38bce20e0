import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { testFolder } from './fixtures/data-sets.js';
import { noise } from './fixtures/patterns.js';
import { openDataSet } from './open-data-set.js';
import type { OpenDataSetOptions } from './open-options.js';

const folder = testFolder();
const STOP = new Error('asked to stop');

/** Aborts when it was asked for so many times whether to go on. */
function afterChecks(count: number): AbortSignal {
  const controller = new AbortController();
  let checks = 0;
  const { signal } = controller;
  vi.spyOn(signal, 'throwIfAborted').mockImplementation(() => {
    if (++checks > count) controller.abort(STOP);
    if (signal.aborted) throw signal.reason;
  });
  return signal;
}

/** How often opening asks whether to go on. */
async function checksOf(source: string | string[], options: OpenDataSetOptions = {}): Promise<number> {
  const { signal } = new AbortController();
  const checks = vi.spyOn(signal, 'throwIfAborted');
  await openDataSet(source, { ...options, signal });
  return checks.mock.calls.length;
}

const photo = async (seed: number): Promise<Buffer> => {
  const { default: sharp } = await import('sharp');
  return sharp(noise(192, seed), { raw: { width: 16, height: 12, channels: 1 } })
    .png()
    .toBuffer();
};

describe('a data set that is being opened', () => {
  it('is left before any file, and with the reason of the signal', async () => {
    await folder.plant('good/0.png', 'bad/1.png');
    const signal = AbortSignal.abort(STOP);
    for (const source of [folder.root, [folder.root], join(folder.root, '*/*.png')])
      await expect(openDataSet(source, { signal })).rejects.toBe(STOP);
    const named = openDataSet([], { good: [join(folder.root, 'good')], signal });
    await expect(named).rejects.toBe(STOP);
  });

  it('is left between two pieces of the lists beside it', async () => {
    await folder.plant('0.png', '1.png');
    const before = await checksOf(folder.root);
    // A megabyte that names no image.
    await writeFile(join(folder.root, 'long.txt'), 'nothing of any image\n'.repeat(50_000));
    const pieces = (await checksOf(folder.root)) - before;
    expect(pieces).toBeGreaterThan(15);
    await expect(openDataSet(folder.root, { signal: afterChecks(before + 10) })).rejects.toBe(STOP);
  });

  it.each([
    ['a folder of a product called like masks', ['good/mascara/0.png', 'good/mascara/1.png', 'good/2.png']],
    ['files that may be masks of others', ['0.png', '0_bw.png', '1.png', '1_bw.png']],
    ['files whose names leave it open', ['good/0.png', 'good/0_m.png', 'bad/1.png', 'bad/1_m.png']],
  ])('is left between two files that are looked into: %s', async (_, names) => {
    for (const [i, name] of names.entries()) await folder.write({ [name]: await photo(i) });
    const all = await checksOf(folder.root);
    // One for each folder that is listed; the others are of files.
    const folders = new Set(names.flatMap((name) => name.split('/').slice(0, -1))).size + 1;
    expect(all).toBeGreaterThan(folders);
    await expect(openDataSet(folder.root, { signal: afterChecks(all - 1) })).rejects.toBe(STOP);
  });

  it('is left between two lines of a table, two drawings, and two regions', async () => {
    await folder.plant('a/0.png', 'a/1.png', 'a/2.png');
    const before = await checksOf(join(folder.root, 'a'));
    await folder.write({ 'a/0.json': '{"gain": 1}', 'a/1.json': '{"gain": 2}', 'a/2.json': '{"gain": 2}' });
    expect(await checksOf(join(folder.root, 'a'))).toBeGreaterThan(before + 2);
    await folder.write({ 'table.csv': 'path,label\na/0.png,good\na/1.png,good\na/2.png,good\n' });
    const table = join(folder.root, 'table.csv');
    expect(await checksOf(table)).toBe(3);
    await expect(openDataSet(table, { signal: afterChecks(2) })).rejects.toBe(STOP);
    await mkdir(join(folder.root, 'regions'));
    await folder.plant('regions/0.png', 'regions/1.png', 'regions/2.png');
    const region = join(folder.root, 'regions');
    expect(await checksOf(table, { region })).toBeGreaterThan(3);
  });
});
