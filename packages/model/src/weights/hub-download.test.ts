import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { failure, hub, hubForEachTest, storage, weights } from '../testing/scripted-hub.js';
import { downloadTo } from './hub-download.js';
import { HubRequests } from './hub-requests.js';
import { storageError } from './write-atomically.js';

const place = hubForEachTest();

describe('a download', () => {
  it('goes on where a connection was cut', async () => {
    let cuts = 0;
    place.server.handler = (request, response) => {
      const start = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
      if (request.headers.range === 'bytes=0-0' || cuts === 2) return hub(request, response);
      cuts += 1;
      response.writeHead(start ? 206 : 200, { 'content-length': weights.length - start });
      response.write(weights.subarray(start, start + 100_000), () =>
        setTimeout(() => response.destroy(), 100),
      );
    };
    const { path } = await place.pull();
    expect(Buffer.compare(await readFile(path), weights)).toBe(0);
    const ranges = place.server.log.map((line) => Number(/bytes=(\d+)-\d/.exec(line)?.[1] ?? 0)).slice(2);
    expect(ranges).toHaveLength(2);
    expect(ranges[0]).toBeGreaterThan(0);
    expect(ranges[1]).toBeGreaterThan(ranges[0]!);
  });

  it('begins again when the rest of a file cannot be asked for', async () => {
    let cut = false;
    place.server.handler = (request, response) => {
      if (request.headers.range === 'bytes=0-0') return hub(request, response);
      request.headers.range = undefined;
      if (cut) return storage(request, response);
      cut = true;
      response.writeHead(200, { 'content-length': weights.length });
      response.write(weights.subarray(0, 100_000), () => response.destroy());
    };
    const { path } = await place.pull();
    expect(Buffer.compare(await readFile(path), weights)).toBe(0);
  });

  it('gives up when the connection is cut again and again, and keeps nothing', async () => {
    place.server.handler = (request, response) => {
      if (request.headers.range === 'bytes=0-0') return hub(request, response);
      response.destroy();
    };
    const error = await failure(place.pull());
    expect(error.retryable).toBe(true);
    expect(error.message).toContain('give the file as weights');
    expect(place.server.log).toHaveLength(5);
    expect(await place.weightFiles()).toEqual([]);
  });

  it('stops when aborted, and keeps nothing', async () => {
    const controller = new AbortController();
    const aborted = place.pull({
      signal: controller.signal,
      onProgress: () => controller.abort(new Error('enough')),
    });
    await expect(aborted).rejects.toThrow('enough');
    expect(await place.weightFiles()).toEqual([]);
    await expect(place.pull({ signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before');
  });
});

describe('downloadTo', () => {
  const target = { endpoint: 'http://127.0.0.1', repository: 'a/b', revision: 'main', file: 'c' };

  it.skipIf(process.platform !== 'linux')(
    'passes on that the disk is full (needs /dev/full, so Linux only)',
    async () => {
      const full = await open('/dev/full', 'w');
      const failed = downloadTo(full, new Blob([weights.slice()]), target, new HubRequests(target, {}));
      const error = storageError(await failed.catch((reason) => reason), 'c');
      expect(error).toMatchObject({ code: 'storage-full' });
      await full.close();
    },
  );

  it('refuses more bytes than were declared', async () => {
    const path = join(place.cacheDir, 'x');
    const file = await open(path, 'w');
    const blob = new Blob([weights.slice()]);
    Object.defineProperty(blob, 'size', { value: 1000 });
    await expect(
      downloadTo(
        file,
        Object.assign(blob, { slice: () => new Blob([weights.slice()]) }),
        target,
        new HubRequests(target, {}),
      ),
    ).rejects.toThrow(/more than the 1000 bytes/);
    await file.close();
  });
});
