import { describe, expect, it } from 'vitest';
import { findingsOf, thresholdsInUse } from './findings.js';

const map = (...data: number[]) => ({ width: 4, height: data.length / 4, data: Float32Array.from(data) });

describe('thresholdsInUse', () => {
  it('lets regions go with the threshold of the score only where both are one', () => {
    const one = { score: 1, threshold: 2, pixelThreshold: 2 };
    const two = { score: 1, threshold: 2, pixelThreshold: 5 };
    expect(thresholdsInUse(one, undefined, undefined)).toEqual({ score: 2, pixel: 2 });
    expect(thresholdsInUse(one, 3, undefined)).toEqual({ score: 3, pixel: 3 });
    expect(thresholdsInUse(two, 3, undefined)).toEqual({ score: 3, pixel: 5 });
    expect(thresholdsInUse(two, 3, 4)).toEqual({ score: 3, pixel: 4 });
  });
});

describe('findingsOf', () => {
  const thresholds = { score: 2, pixel: 2 };
  const found = (score: number, ...data: number[]) =>
    findingsOf({ score, threshold: 2, pixelThreshold: 2, map: map(...data) }, thresholds);

  it('finds nothing in a good picture, whatever its map is', () => {
    expect(found(1.9, 5, 5, 5, 5)).toEqual({ label: 'good', regions: [], words: 'good' });
  });

  it('counts what stands out', () => {
    expect(found(3, 0, 3, 0, 3)).toMatchObject({ label: 'bad', words: 'bad, 2 regions' });
    expect(found(3, 0, 3, 0, 0).words).toBe('bad, 1 region');
  });

  it('says that a picture is anomalous all over, or nowhere in particular', () => {
    expect(found(3, 3, 3, 3, 3).words).toBe('bad, anomalous all over');
    expect(found(2, 0, 1, 1.5, 0, 0, 0, 0, 1)).toMatchObject({
      peak: { x: 2, y: 0 },
      words: 'bad as a whole, no single place stands out',
    });
  });

  it('knows the verdict without a map', () => {
    expect(findingsOf({ score: 3, threshold: 2, pixelThreshold: 2 }, thresholds).words).toBe('bad');
  });
});
