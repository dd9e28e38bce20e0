import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { DecodedAssets } from './decoded-assets.js';

afterEach(() => {
  vi.useRealTimers();
});

const gzip = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(gzipSync(bytes));

describe('DecodedAssets', () => {
  it('decompresses once for all who ask within a while', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const assets = new DecodedAssets();
    const compressed = gzip(new TextEncoder().encode('many words'));
    const [first, ...others] = await Promise.all(
      Array.from({ length: 20 }, () => assets.of(compressed, 'gzip')),
    );
    expect(new TextDecoder().decode(first)).toBe('many words');
    expect(others.every((other) => other === first)).toBe(true);
    vi.advanceTimersByTime(29_000);
    expect(await assets.of(compressed, 'gzip')).toBe(first);
    vi.advanceTimersByTime(31_000);
    const again = await assets.of(compressed, 'gzip');
    expect(again).not.toBe(first);
    expect(again).toEqual(first);
  });

  it('keeps no more than fits', async () => {
    const assets = new DecodedAssets();
    const large = Array.from({ length: 3 }, (_, i) => gzip(new Uint8Array(30_000_000).fill(i)));
    const [first, second] = large as [Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>];
    const decoded = await assets.of(first, 'gzip');
    const kept = await assets.of(second, 'gzip');
    await assets.of(large[2] as Uint8Array<ArrayBuffer>, 'gzip');
    // Told here, since what is not the same would be compared byte by byte, for minutes.
    expect((await assets.of(second, 'gzip')) === kept).toBe(true);
    expect((await assets.of(first, 'gzip')) === decoded).toBe(false);
  });

  it('tries again what could not be decompressed', async () => {
    const assets = new DecodedAssets();
    const broken = new Uint8Array(8);
    await expect(assets.of(broken, 'gzip')).rejects.toThrow();
    await expect(assets.of(broken, 'gzip')).rejects.toThrow();
  });
});
