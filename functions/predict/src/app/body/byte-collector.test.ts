import { describe, expect, it, vi } from 'vitest';
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
    const chunk = numbered(2 ** 16);
    const count = 1024;
    const before = process.memoryUsage().arrayBuffers;
    const collector = new ByteCollector(count * chunk.length);
    for (let i = 0; i < count; i++) collector.add(chunk);
    expect(collector.take().length).toBe(count * chunk.length);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1.2 * count * chunk.length);
    expect(collector.length).toBe(0);
  });

  it('takes large pieces from where they go back to the system', () => {
    const collector = new ByteCollector();
    for (let i = 0; i < 40; i++) collector.add(numbered(2 ** 14));
    // The buffers that malloc keeps are those of fixed length.
    expect(collector.take().buffer).toMatchObject({ resizable: true, byteLength: 40 * 2 ** 14 });
  });

  it.each([undefined, 2 ** 24])(
    'gives back what came of a body that is refused, announced or not',
    async (expected) => {
      const made: ArrayBuffer[] = [];
      vi.stubGlobal(
        'ArrayBuffer',
        new Proxy(ArrayBuffer, {
          construct: (target, given) => {
            const buffer = Reflect.construct(target, given) as ArrayBuffer;
            made.push(buffer);
            return buffer;
          },
        }),
      );
      async function* broken(): AsyncGenerator<Uint8Array> {
        yield* cut(new Uint8Array(2 ** 23), 2 ** 16);
        throw new Error('enough');
      }
      await expect(collect(broken(), expected)).rejects.toThrow('enough');
      vi.unstubAllGlobals();
      expect(made.length).toBeGreaterThan(0);
      expect(made.filter(({ byteLength }) => byteLength >= 2 ** 17)).toEqual([]);
    },
  );

  it('holds at most as much again as came, in few pieces', () => {
    const made: number[] = [];
    const Plain = ArrayBuffer;
    vi.stubGlobal(
      'ArrayBuffer',
      new Proxy(Plain, {
        construct: (target, [bytes, options]: [number, object]) => {
          made.push(bytes);
          return Reflect.construct(target, [bytes, options]);
        },
      }),
    );
    const buffers = new Set<ArrayBuffer>();
    const collector = new ByteCollector();
    const count = 3_000_000;
    for (let i = 0; i < count; i++) {
      const room = collector.room();
      buffers.add(room.buffer);
      room[0] = i & 255;
      collector.advance(1);
    }
    vi.unstubAllGlobals();
    const held = [...made, ...[...buffers].map((buffer) => buffer.byteLength)];
    expect(held.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThanOrEqual(2 * count);
    expect(held.length).toBeLessThan(15);
    expect(collector.take().every((byte, i) => byte === (i & 255))).toBe(true);
  });
});
