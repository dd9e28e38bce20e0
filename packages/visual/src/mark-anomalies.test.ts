import type { RgbImage, ScalarMap } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import { ANOMALY_COLORS, anomalyLevel, anomalyPixels, anomalyScale, markAnomalies } from './index.js';

const map = (width: number, ...data: number[]): ScalarMap => ({
  width,
  height: data.length / width,
  data: Float32Array.from(data),
});
const gray = (width: number, height: number): RgbImage => ({
  width,
  height,
  data: new Uint8Array(width * height * 3).fill(100),
});

describe('anomalyScale', () => {
  it('is clear below the threshold, and full at twice the own one', () => {
    const scale = anomalyScale(2);
    expect([1.999, 2, 3, 4, 40, Number.NaN].map((value) => anomalyLevel(scale, value))).toEqual([
      -1, 0, 0.5, 1, 1, -1,
    ]);
    expect(anomalyLevel(scale, Number.POSITIVE_INFINITY)).toBe(1);
  });

  it('moves with the threshold in use, and keeps its span', () => {
    expect([0.9, 1, 2, 3].map((value) => anomalyLevel(anomalyScale(2, 1), value))).toEqual([-1, 0, 0.5, 1]);
    // Logarithmic maps may have thresholds at or below 0.
    expect(anomalyLevel(anomalyScale(-4), -2)).toBe(0.5);
    expect(anomalyLevel(anomalyScale(0), 0.5)).toBe(0.5);
  });
});

describe('anomalyPixels', () => {
  it('shows nothing of a map below the threshold, however uneven it is', () => {
    expect(anomalyPixels(map(4, 0, 1.9, 0.2, 1.99), anomalyScale(2)).every((value) => value === 0)).toBe(
      true,
    );
  });

  it('shows all of a map that is anomalous all over, however flat it is', () => {
    const pixels = anomalyPixels(map(2, 5, 5, 5, 5), anomalyScale(2));
    for (let i = 0; i < 4; i++) {
      expect([...pixels.subarray(i * 4, i * 4 + 3)]).toEqual([...ANOMALY_COLORS.red]);
      expect(pixels[i * 4 + 3]).toBeGreaterThan(150);
    }
  });

  it('is the more opaque the more anomalous, and seen at the threshold', () => {
    const alpha = anomalyPixels(map(5, 1.9, 2, 2.1, 3, 4), anomalyScale(2), 'blue').filter(
      (_, i) => i % 4 === 3,
    );
    expect(alpha[0]).toBe(0);
    expect(alpha[1]).toBeGreaterThan(60);
    for (let i = 1; i < 5; i++) expect(alpha[i]).toBeGreaterThan(alpha[i - 1]!);
  });

  it('refuses data of another size', () => {
    expect(() => anomalyPixels({ width: 2, height: 2, data: new Float32Array(3) }, anomalyScale(1))).toThrow(
      /2x2 with 3 values/,
    );
  });
});

describe('markAnomalies', () => {
  it('leaves a good image as it was photographed, to the byte', () => {
    const image = gray(8, 4);
    expect(markAnomalies(image, map(2, 0, 1.99), anomalyScale(2)).data).toEqual(image.data);
  });

  it('colors what is above, resampled to the image', () => {
    const marked = markAnomalies(gray(8, 2), map(2, 0, 4), anomalyScale(2));
    const at = (x: number): number[] => [...marked.data.subarray(x * 3, x * 3 + 3)];
    expect(at(0)).toEqual([100, 100, 100]);
    expect(at(7)[0]).toBeGreaterThan(170);
    expect(at(7)[1]).toBeLessThan(65);
  });
});
