import { crc32 as zlibCrc } from 'node:zlib';
import fc from 'fast-check';
import { unzipSync } from 'fflate';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { fromBase64, toBase64 } from './base64.js';
import { blobOf } from './blob-of.js';
import { crc32 } from './crc32.js';
import { encodePng } from './encode-png.js';
import { namedBlobs } from './named-blobs.js';
import { zip } from './zip.js';

const bytesOf = async (blob: Blob): Promise<Uint8Array> => new Uint8Array(await blob.arrayBuffer());

describe('bytes', () => {
  it('have the check sum that everybody knows', () => {
    expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(100), (bytes, at) => {
        const whole = crc32(bytes);
        expect(crc32(bytes.subarray(at), crc32(bytes.subarray(0, at)))).toBe(whole);
        if (zlibCrc) expect(whole).toBe(zlibCrc(bytes));
      }),
    );
  });

  it('go through base64 and back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(toBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'));
        expect([...fromBase64(toBase64(bytes))]).toEqual([...bytes]);
      }),
    );
    const large = new Uint8Array(100_000).map((_, i) => i * 7);
    expect(fromBase64(toBase64(large))).toEqual(large);
  });

  it('are copied out of the view that they are given in', async () => {
    const bytes = Uint8Array.of(1, 2, 3, 4);
    expect([...(await bytesOf((await blobOf(bytes.subarray(1, 3))) as Blob))]).toEqual([2, 3]);
    expect(await blobOf('text')).toBeUndefined();
    expect(await blobOf(null)).toBeUndefined();
  });
});

describe('encodePng', () => {
  it('keeps every pixel, with and without alpha', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom(3 as const, 4 as const),
        fc.infiniteStream(fc.nat(255)),
        async (width, height, channels, values) => {
          const data = Uint8Array.from(
            { length: width * height * channels },
            () => values.next().value as number,
          );
          const png = await encodePng({ width, height, data });
          const { data: decoded, info } = await sharp(await bytesOf(png))
            .raw()
            .toBuffer({ resolveWithObject: true });
          expect(info).toMatchObject({ width, height, channels });
          expect([...decoded]).toEqual([...data]);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('refuses pixels that are not as many as they should be', async () => {
    for (const [width, height, length] of [
      [2, 2, 11],
      [0, 0, 0],
      [-1, -1, 3],
      [1, 1, 5],
    ] as const) {
      await expect(encodePng({ width, height, data: new Uint8Array(length) })).rejects.toThrow(
        /^expected RGB/,
      );
    }
  });
});

describe('zip', () => {
  it('packs what others unpack', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.stringMatching(/^[a-zä]{1,9}(\/[a-z.]{1,9})?$/), fc.uint8Array({ maxLength: 50 })),
        async (files) => {
          const packed = unzipSync(await bytesOf(await zip(await namedBlobs(files))));
          expect(
            Object.fromEntries(Object.entries(packed).map(([name, bytes]) => [name, [...bytes]])),
          ).toEqual(Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, [...bytes]])));
        },
      ),
      { numRuns: 50 },
    );
  });

  it('takes files as a browser gives them, and refuses one name twice', async () => {
    const picked = Object.assign(new Blob(['x']), { name: 'a.png', webkitRelativePath: 'good/a.png' });
    const dropped = Object.assign(new Blob(['y']), { name: 'a.png' });
    const pairs = await namedBlobs([picked, dropped]);
    expect(pairs.map(([name]) => name)).toEqual(['good/a.png', 'a.png']);
    await expect(
      zip([
        ['a', picked],
        ['a', dropped],
      ]),
    ).rejects.toThrow(/"a" twice/);
    await expect(namedBlobs({ a: 7 as never })).rejects.toThrow(/^a: expected/);
  });
});
