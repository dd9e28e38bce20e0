import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WeightsError } from '@cflow/spec';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fetchArchive } from './fetch-archive.js';
import type { PackageArchive } from './package-index.js';

const BYTES = Uint8Array.from({ length: 300_000 }, (_, i) => (i * i) % 251);
const wanted: PackageArchive = {
  package: 'some-libraries',
  version: '1.0',
  archive: {
    name: 'some_libraries-1.0.whl',
    bytes: BYTES.length,
    sha256: createHash('sha256').update(BYTES).digest('hex'),
  },
};

let cacheDir: string;
let server: Server;
let index: string;
let sent: Uint8Array;
/** Bytes after which each of the next connections is cut. */
let cuts: number[];
let knowsRanges: boolean;
let ranges: (string | undefined)[];

beforeEach(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), 'cflow-archives-'));
  [sent, cuts, knowsRanges, ranges] = [BYTES, [], true, []];
  server = createServer((request, response) => {
    if (request.url === '/simple/some-libraries/') {
      response.end(JSON.stringify({ files: [{ filename: wanted.archive.name, url: '../../files/wheel' }] }));
      return;
    }
    const { range } = request.headers;
    ranges.push(range);
    const start = knowsRanges && range ? Number(/^bytes=(\d+)-$/.exec(range)?.[1]) : 0;
    response.writeHead(start > 0 ? 206 : 200);
    const cut = cuts.shift();
    if (cut === undefined) response.end(sent.subarray(start));
    else response.write(sent.subarray(start, start + cut), () => setTimeout(() => response.destroy(), 50));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.on('listening', resolve));
  index = `http://127.0.0.1:${(server.address() as AddressInfo).port}/simple`;
});

afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
  await rm(cacheDir, { recursive: true, force: true });
});

const fetched = async (): Promise<Buffer> => readFile((await fetchArchive(wanted, { cacheDir, index })).path);

describe('an archive', () => {
  it('is fetched once, and comes out of the cache ever after', async () => {
    expect((await fetchArchive(wanted, { cacheDir, index })).fromCache).toBe(false);
    expect((await fetchArchive(wanted, { cacheDir, index })).fromCache).toBe(true);
    expect(ranges).toEqual([undefined]);
    expect(Buffer.compare(await fetched(), BYTES)).toBe(0);
  });

  it('is gone on with where a connection was cut, or a run ended', async () => {
    cuts = [100_000, 50_000];
    expect(Buffer.compare(await fetched(), BYTES)).toBe(0);
    expect(ranges).toEqual([undefined, 'bytes=100000-', 'bytes=150000-']);
  });

  it('is gone on with where an earlier run left some of it', async () => {
    await fetched();
    const [path] = [join(cacheDir, 'packages', wanted.archive.name)];
    await rm(path);
    await writeFile(`${path}.partial`, BYTES.subarray(0, 299_999));
    expect(Buffer.compare(await fetched(), BYTES)).toBe(0);
    expect(ranges.at(-1)).toBe('bytes=299999-');
  });

  it('is fetched from the beginning where a server knows no ranges', async () => {
    knowsRanges = false;
    cuts = [1000];
    expect(Buffer.compare(await fetched(), BYTES)).toBe(0);
  });

  it.each([
    ['one byte differs', () => BYTES.map((byte, i) => (i === 100 ? byte ^ 1 : byte)), /another SHA-256/],
    ['it is longer', () => new Uint8Array([...BYTES, 0]), /more than the 300000 bytes/],
  ])('is refused where %s, and can be had the next time', async (_, changed, message) => {
    sent = changed();
    const error = await fetchArchive(wanted, { cacheDir, index }).catch((found: unknown) => found);
    expect(error).toBeInstanceOf(WeightsError);
    expect((error as Error).message).toMatch(message);
    expect((await readdir(join(cacheDir, 'packages'))).filter((name) => !name.endsWith('.partial'))).toEqual(
      [],
    );
    sent = BYTES;
    expect(Buffer.compare(await fetched(), BYTES)).toBe(0);
  });

  it('says what to do where the index is not there', async () => {
    const nowhere = fetchArchive(wanted, { cacheDir, index: 'http://127.0.0.1:1/simple' });
    await expect(nowhere).rejects.toThrow(/some_libraries-1\.0\.whl.*could not be fetched.*PIP_INDEX_URL/);
  }, 30_000);
});
