import type { RgbImage } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import { probePicture } from './probe-picture.js';

const image = (value: number): RgbImage => ({
  width: 1,
  height: 1,
  data: Uint8Array.of(value, value, value),
});
async function* batches(count: number, size: number, read: number[] = []): AsyncGenerator<RgbImage[]> {
  for (let start = 0; start < count; start += size) {
    read.push(start);
    yield Array.from({ length: Math.min(size, count - start) }, (_, i) => image(start + i));
  }
}

describe('the image of a golden probe', () => {
  it('is the one with the median score, wherever batches are cut', async () => {
    for (const size of [1, 2, 5, 8]) {
      expect(await probePicture([0.9, 0.1, 0.5, 0.2, 0.7], batches(5, size))).toEqual(image(2));
    }
  });

  it('is one of the first, so that few images are read again', async () => {
    const read: number[] = [];
    const scores = Array.from({ length: 1000 }, (_, i) => (i < 16 ? i : -i));
    expect(await probePicture(scores, batches(1000, 4, read))).toEqual(image(8));
    expect(read).toEqual([0, 4, 8]);
  });

  it('is an error where the images are not those that were scored', async () => {
    await expect(probePicture([1, 2, 3], batches(1, 1))).rejects.toThrow(/expected the 3 images.*got 1/);
  });
});
