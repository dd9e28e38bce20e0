import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ppmStream } from './ppm-stream.js';

const ppm = (width: number, height: number, first: number): Buffer =>
  Buffer.concat([
    Buffer.from(`P6\n${width} ${height}\n255\n`),
    Buffer.from(Array.from({ length: width * height * 3 }, (_, i) => (first + i) % 256)),
  ]);

async function* pieces(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (let i = 0; at < bytes.byteLength; i++) {
    const size = sizes[i % sizes.length]!;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function all(bytes: Uint8Array, sizes: readonly number[], limit?: number) {
  const images = [];
  for await (const image of ppmStream(pieces(bytes, sizes), limit)) images.push(image);
  return images;
}

describe('ppmStream', () => {
  const stream = Buffer.concat([ppm(3, 2, 0), ppm(1, 1, 99), ppm(12, 10, 7)]);

  it('gives the same pictures however the stream is cut', async () => {
    const whole = await all(stream, [stream.length]);
    expect(whole.map(({ width, height }) => [width, height])).toEqual([
      [3, 2],
      [1, 1],
      [12, 10],
    ]);
    expect([...(whole[1]?.data ?? [])]).toEqual([99, 100, 101]);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 }),
        async (sizes) => {
          expect(await all(stream, sizes)).toEqual(whole);
        },
      ),
    );
  });

  it('leaves out what is cut off', async () => {
    expect(await all(stream.subarray(0, stream.length - 1), [7])).toHaveLength(2);
    expect(await all(stream.subarray(0, 5), [2])).toEqual([]);
  });

  it('refuses other files, and pictures that are too large, before it makes room for them', async () => {
    await expect(all(Buffer.from('GIF89a................'), [4])).rejects.toThrow('expected pictures as PPM');
    await expect(all(Buffer.from(`P6\n${'1'.repeat(60)}`), [4])).rejects.toThrow('expected pictures as PPM');
    await expect(all(ppm(20, 20, 0), [64], 399)).rejects.toThrow(/20x20 pixels.*at most 399/);
    await expect(all(Buffer.from('P6\n999999 999999\n255\n'), [64])).rejects.toThrow(/scale the film down/);
  });
});
