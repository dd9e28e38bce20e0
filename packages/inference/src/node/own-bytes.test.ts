import { expect, it } from 'vitest';
import { ownBytes } from './own-bytes.js';

const MIB = 2 ** 20;

it('copies all of them, large ones over several turns', async () => {
  for (const length of [0, 5, MIB, MIB + 1, 5 * MIB + 7]) {
    const bytes = Uint8Array.from({ length }, (_, i) => i % 251);
    let turns = 0;
    let copied = false;
    const count = (): void => {
      turns++;
      if (!copied) setImmediate(count);
    };
    setImmediate(count);
    const own = await ownBytes(bytes.subarray());
    copied = true;
    expect(Buffer.compare(own, bytes), `${length} bytes`).toBe(0);
    expect(own.buffer).not.toBe(bytes.buffer);
    expect(turns).toBeGreaterThanOrEqual(Math.ceil(length / MIB) - 1);
  }
});

it('rejects when the buffer is emptied meanwhile: the rest would be black', async () => {
  const bytes = new Uint8Array(3 * MIB).fill(7);
  const copying = ownBytes(bytes);
  structuredClone(bytes, { transfer: [bytes.buffer] });
  await expect(copying).rejects.toThrow('taken away while they were copied');
});
