import { appendFile, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testResult, testResults } from '../testing/result.js';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { Journal, type SegmentCache } from './journal.js';

const root = temporaryFolder();
const segments = async (folder: string): Promise<string[]> =>
  (await readdir(folder)).filter((name) => name.startsWith('results-')).sort();

describe('Journal', () => {
  it('gives back what was appended, after being opened again, under the same id', async () => {
    const folder = join(root, 'plain');
    const first = await Journal.open(folder);
    expect([first.last, first.lastNumber]).toEqual([0, 0]);
    await first.append(testResults(1, 3));
    await first.append([testResult(4, { number: 9, name: 'a', file: { path: '/a', stamp: '1:2' } })]);
    const { id } = first;
    await first.close();
    const second = await Journal.open(folder);
    expect([second.id, second.last, second.lastNumber]).toEqual([id, 4, 9]);
    expect([...second.taken]).toEqual([['a', '1:2']]);
    expect((await second.read(1, 2)).map(({ sequence }) => sequence)).toEqual([2, 3]);
    expect(await second.read(4, 10)).toEqual([]);
    await second.close();
  });

  it('leaves out a line that was torn, wherever the cut is', async () => {
    const folder = join(root, 'torn');
    const journal = await Journal.open(folder);
    await journal.append(testResults(1, 2));
    await journal.close();
    const [name] = await segments(folder);
    const path = join(folder, name as string);
    const whole = await readFile(path);
    const second = whole.lastIndexOf(0x0a, whole.length - 2) + 1;
    for (const cut of [whole.length - 1, second + 1, second]) {
      await writeFile(path, whole.subarray(0, cut));
      const opened = await Journal.open(folder);
      expect(opened.last).toBe(1);
      await opened.append([testResult(2, { name: 'again' })]);
      expect(await opened.read(1, 5)).toMatchObject([{ sequence: 2, name: 'again' }]);
      await opened.close();
    }
  });

  it('says so when more than the last line is damaged', async () => {
    const folder = join(root, 'damaged');
    const journal = await Journal.open(folder);
    await journal.append(testResults(1, 3));
    await journal.close();
    const [name] = await segments(folder);
    await appendFile(join(folder, name as string), 'nonsense\n');
    await expect(Journal.open(folder)).rejects.toThrow(/line 5 is not a JSON object; restore it/);
    await truncate(join(folder, name as string), 0);
    await expect(Journal.open(folder)).rejects.toThrow(/is damaged: it is empty/);
  });

  it('begins new segments, reads across them, and deletes those that nobody needs', async () => {
    const folder = join(root, 'segments');
    const journal = await Journal.open(folder, { segmentBytes: 1000 });
    for (let i = 1; i <= 40; i++)
      await journal.append([testResult(i, { file: { path: `/${i}`, stamp: `${i}:1` } })]);
    expect((await segments(folder)).length).toBeGreaterThan(3);
    const cache: SegmentCache = {};
    const seen: number[] = [];
    for (let results = await journal.read(0, 3, cache); results.length > 0; ) {
      seen.push(...results.map(({ sequence }) => sequence));
      results = await journal.read(seen.at(-1) as number, 3, cache);
    }
    expect(seen).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
    expect(journal.bytesAfter(40)).toBe(0);
    expect(journal.bytesAfter(0)).toBeGreaterThan(journal.bytesAfter(30));
    expect((await journal.tail(30)).map(({ sequence }) => sequence)).toEqual(seen.slice(10));

    expect(journal.first).toBe(1);
    await journal.prune(5);
    expect(journal.first).toBeLessThanOrEqual(6);
    expect(await journal.read(5, 1)).toMatchObject([{ sequence: 6 }]);
    await journal.prune(40);
    // One is kept for rules that look back.
    expect(await segments(folder)).toHaveLength(2);
    await expect(journal.read(0, 1)).rejects.toThrow(/begins after result 1/);
    await journal.close();
    const again = await Journal.open(folder, { segmentBytes: 1000 });
    expect([again.last, again.taken.size, again.taken.get('7.png')]).toEqual([40, 40, '7:1']);
    await again.close();
  });

  it('takes all or none of what a full disk does not take, and goes on afterwards', async () => {
    const folder = join(root, 'full');
    const journal = await Journal.open(folder);
    await journal.append(testResults(1, 1));
    await journal.close();
    await expect(journal.append(testResults(2, 3))).rejects.toThrow();
    expect(journal.last).toBe(1);
    const again = await Journal.open(folder);
    await again.append(testResults(2, 3));
    expect(again.last).toBe(3);
    await again.close();
  });
});
