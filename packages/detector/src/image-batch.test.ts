import { describe, expect, it } from 'vitest';
import { imageBatch } from './image-batch.js';

describe('imageBatch', () => {
  it('puts images one after another as planes, and leaves the padding black', () => {
    const image = { width: 1, height: 2, data: Uint8Array.of(1, 2, 3, 4, 5, 6) };
    const { dims, data } = imageBatch([image, image], [2, 1], { padTo: 3 });
    expect(dims).toEqual([3, 3, 2, 1]);
    expect([...(data as Uint8Array)]).toEqual([1, 4, 2, 5, 3, 6, 1, 4, 2, 5, 3, 6, 0, 0, 0, 0, 0, 0]);
  });
});
