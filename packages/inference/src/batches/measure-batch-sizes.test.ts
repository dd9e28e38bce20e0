import { DeviceError } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import { type BatchTrial, measureBatchSizes } from './measure-batch-sizes.js';

/** A card on which a run takes `fixed` and so much for each image, until a run of more images than it has room for. */
function card({ fixed = 10, each = 1, room = 1000, bytes = 0, free = 1e9 } = {}) {
  const ran: number[] = [];
  let clock = 0;
  let largest = 0;
  const trial: BatchTrial = {
    async run(images) {
      if (images > room) {
        const attempt = { device: 'cuda', reason: 'out of memory' } as const;
        throw new DeviceError('no room', [attempt], { details: { fault: 'out-of-memory' } });
      }
      ran.push(images);
      largest = Math.max(largest, images);
      clock += fixed + each * images;
    },
    freeBytes: async () => free - largest * bytes,
    now: () => clock,
  };
  return { trial, ran };
}

describe('batch sizes that a device gains from', () => {
  it('are doubled while an image takes less time', async () => {
    // An image takes 11, 6, 3.5, 2.25, 1.63, 1.31, 1.16 ms.
    expect(await measureBatchSizes(card().trial, [1, 2, 4, 8], 64)).toEqual([1, 2, 4, 8, 16, 32, 64]);
    expect(await measureBatchSizes(card().trial, [1, 2, 4, 8], 32)).toEqual([1, 2, 4, 8, 16, 32]);
  });

  it('stay what they were where nothing is gained', async () => {
    const { trial, ran } = card({ fixed: 0.1 });
    expect(await measureBatchSizes(trial, [1, 2, 4, 8], 64)).toEqual([1, 2, 4, 8]);
    // Each was made ready, also that which brought nothing.
    expect(new Set(ran)).toEqual(new Set([1, 2, 4, 8, 16]));
  });

  it('end where memory does, without an error', async () => {
    expect(await measureBatchSizes(card({ room: 20 }).trial, [1, 2, 4, 8], 64)).toEqual([1, 2, 4, 8, 16]);
    await expect(measureBatchSizes(card({ room: 2 }).trial, [1, 2, 4, 8], 64)).rejects.toThrow('no room');
  });

  it('leave the card room for others', async () => {
    // From 8 to 16 it took 80 MB; twice as much is more than a quarter of what is left.
    const { trial, ran } = card({ bytes: 1e7, free: 7e8 });
    expect(await measureBatchSizes(trial, [1, 2, 4, 8], 64)).toEqual([1, 2, 4, 8, 16]);
    expect(Math.max(...ran)).toBe(16);
  });
});
