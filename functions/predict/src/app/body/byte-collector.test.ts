import { describe, expect, it } from 'vitest';
import { ByteCollector } from './byte-collector.js';
import { collect } from './collect.js';

const numbered = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) & 255);

async function* cut(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

describe('ByteCollector', () => {
  it.each([
    [0, 1],
    [1, 1],
    [4096, 4096],
    [10_000, 1],
    [3_000_000, 70_001],
  ])('joins %i bytes that come by %i', async (length, size) => {
    const bytes = numbered(length);
    for (const expected of [undefined, length, Math.max(length - 1, 1), length + 5]) {
      const joined = await collect(cut(bytes, size), expected);
      expect(Buffer.compare(joined, bytes)).toBe(0);
      expect(joined.buffer.byteLength).toBe(length);
    }
  });

  it('writes what was announced where it stays', () => {
    const collector = new ByteCollector(8);
    const { buffer } = collector.room();
    collector.add(numbered(3));
    collector.add(numbered(5));
    expect(collector.take().buffer).toBe(buffer);
    expect(collector.length).toBe(0);
  });

  it('holds at most as much again as came, in few pieces', () => {
    const buffers = new Set<ArrayBuffer>();
    const collector = new ByteCollector();
    const count = 300_000;
    for (let i = 0; i < count; i++) {
      const room = collector.room();
      buffers.add(room.buffer);
      room[0] = i & 255;
      collector.advance(1);
    }
    const held = [...buffers].reduce((sum, buffer) => sum + buffer.byteLength, 0);
    expect(held).toBeLessThanOrEqual(2 * count);
    expect(buffers.size).toBeLessThan(10);
  });
});
