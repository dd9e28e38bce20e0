import { appendFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testResult, testResults } from '../testing/result.js';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { CSV, JSON_LINES } from './file-format.js';
import { FileSink } from './file-sink.js';

const root = temporaryFolder();
const sequences = (text: string): number[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line).sequence as number);

describe('FileSink', () => {
  it('goes on where it stood: what was written after that is written once more, not twice', async () => {
    const path = join(root, 'a.jsonl');
    const create = () => new FileSink({ name: 'a', path, format: JSON_LINES });
    const first = create();
    await first.open(undefined);
    const kept = await first.deliver(testResults(1, 2));
    await first.deliver(testResults(3, 4));
    await first.close();
    await appendFile(path, '{"sequence": 5, "torn');
    const second = create();
    expect(await second.open(kept)).toEqual(kept);
    await second.deliver(testResults(3, 6));
    await second.close();
    expect(sequences(await readFile(path, 'utf8'))).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('begins anew where nothing was kept of it', async () => {
    const path = join(root, 'b.csv');
    const sink = new FileSink({ name: 'b', path, format: CSV });
    const position = await sink.open(undefined);
    await sink.deliver(testResults(1, 1));
    await sink.open(position);
    await sink.deliver([
      testResult(1, { name: 'a,b\r\n=1', alarms: ['stop', 'drift'], pictureFile: 'p.png' }),
    ]);
    await sink.close();
    const [header, row, end] = (await readFile(path, 'utf8')).split('\r\n');
    expect(header).toMatch(/^id,sequence,source,number,time,name,/);
    expect(row).toBe(
      'line-1,1,incoming,1,1970-01-01T00:00:01.000Z,"a,b  =1",wood,good,1.5,0.5,2,0,good,stop drift,,p.png',
    );
    expect(end).toBe('');
  });

  it('does not write to what it has not made', async () => {
    const path = join(root, 'c.csv');
    await writeFile(path, 'precious');
    const sink = new FileSink({ name: 'c', path, format: CSV });
    await expect(sink.open(undefined)).rejects.toThrow(/expected no file ".*c\.csv" yet.*move it away/);
    expect(await readFile(path, 'utf8')).toBe('precious');
  });

  it('rotates, each file with a header, and passes by files of others', async () => {
    const folder = join(root, 'rotated', 'deep');
    const path = join(folder, 'd.csv');
    const sink = new FileSink({ name: 'd', path, format: CSV, rotateBytes: 400 });
    let position = await sink.open(undefined);
    for (let i = 1; i <= 4; i++) position = await sink.deliver(testResults(i, i));
    await writeFile(join(folder, 'd-3.csv'), 'precious');
    for (let i = 5; i <= 12; i++) position = await sink.deliver(testResults(i, i));
    await sink.close();
    const names = (await readdir(folder)).sort();
    expect(names).toContain('d-4.csv');
    expect(await readFile(join(folder, 'd-3.csv'), 'utf8')).toBe('precious');
    let rows = 0;
    for (const name of names.filter((each) => each !== 'd-3.csv')) {
      const lines = (await readFile(join(folder, name), 'utf8')).trimEnd().split('\r\n');
      expect(lines[0]).toMatch(/^id,/);
      rows += lines.length - 1;
    }
    expect(rows).toBe(12);
    expect(position.part).toBeGreaterThan(3);
  });

  it('leaves alone what somebody shortened or took away, and goes on in the next file', async () => {
    const path = join(root, 'e.jsonl');
    const sink = new FileSink({ name: 'e', path, format: JSON_LINES });
    await sink.open(undefined);
    const position = await sink.deliver(testResults(1, 2));
    await writeFile(path, 'short');
    expect(await sink.open(position)).toEqual({ part: 2, bytes: 0 });
    await sink.deliver(testResults(3, 3));
    expect(await readFile(path, 'utf8')).toBe('short');
    await rm(path);
    await sink.close();
    expect(sequences(await readFile(join(root, 'e-2.jsonl'), 'utf8'))).toEqual([3]);
  });
});
