import { type Mask, metricsSchema, type ScalarMap } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import {
  auPro,
  auroc,
  calibrate,
  computeDefectMetrics,
  computeMetrics,
  falseAlarmProbability,
} from './index.js';

const map = (...data: number[]): ScalarMap => ({
  width: 2,
  height: data.length / 2,
  data: Float32Array.from(data),
});
const mask = (...data: number[]): Mask => ({
  width: 2,
  height: data.length / 2,
  data: Uint8Array.from(data),
});

describe('computeMetrics', () => {
  const scores = [0.1, 0.4, 0.35, 0.8];
  const labels = [false, false, true, true];

  it('gives image figures alone when there are no masks', () => {
    const metrics = computeMetrics({ scores, labels });
    expect(metricsSchema.parse(JSON.parse(JSON.stringify(metrics)))).toEqual(metrics);
    expect(metrics).toMatchObject({
      images: 4,
      goodImages: 2,
      badImages: 2,
      imageAuroc: 0.75,
      pixelAuroc: null,
    });
    expect(metrics.f1).toBeCloseTo(0.8, 15);
    expect(metrics.f1Threshold).toBe(0.35);
    expect(metrics).not.toHaveProperty('falseAlarmRate');
  });

  it('counts what other false-alarm rates would find, at thresholds of the calibration alone', () => {
    const good = Array.from({ length: 199 }, (_, i) => i / 200);
    const calibration = calibrate(good);
    const bad = [0.5, 0.93, 0.96, 0.985, 3];
    const metrics = computeMetrics({
      scores: [...good, ...bad],
      labels: [...good.map(() => false), ...bad.map(() => true)],
      calibration,
    });
    expect(metricsSchema.parse(JSON.parse(JSON.stringify(metrics)))).toEqual(metrics);
    const points = metrics.operatingPoints ?? [];
    expect(points.map(({ promised }) => promised)).toEqual([0.01, 0.02, 0.05, 0.1]);
    for (const { promised, threshold, falseAlarmRate } of points) {
      expect(falseAlarmProbability(calibration, threshold)).toBeCloseTo(promised, 6);
      expect(falseAlarmRate).toBeCloseTo(good.filter((score) => score >= threshold).length / 199, 15);
    }
    expect(points.at(-1)).toMatchObject({ detectionRate: 0.8 });
    expect(points[0]?.detectionRate).toBeLessThan(0.8);
    const goodAlone = computeMetrics({ scores: good, labels: good.map(() => false), calibration });
    expect(goodAlone.operatingPoints?.map(({ detectionRate }) => detectionRate)).toEqual([
      null,
      null,
      null,
      null,
    ]);
    expect(computeMetrics({ scores, labels })).not.toHaveProperty('operatingPoints');
  });

  it('counts false alarms and detections at a threshold', () => {
    const metrics = computeMetrics({ scores, labels, threshold: 0.4 });
    expect(metrics).toMatchObject({ threshold: 0.4, falseAlarmRate: 0.5, detectionRate: 0.5 });
    expect(metrics.falseAlarmRateInterval![0]).toBeCloseTo(0.01258, 5);
  });

  it('takes good images as free of defects and leaves out bad ones without a mask', () => {
    const maps = [map(0, 1, 0, 0), map(0, 0, 0, 2), map(9, 1, 0, 0), map(5, 5, 5, 5)];
    const masks = [undefined, mask(0, 0, 0, 0), mask(255, 0, 0, 0), undefined];
    const metrics = computeMetrics({ scores, labels, maps, masks });
    expect(metrics).toMatchObject({
      pixelImages: 3,
      defectRegions: 1,
      pixelAuroc: 1,
      pixelAupr: 1,
      aupro: 1,
    });
    expect(metrics).toMatchObject({ pixelF1: 1, pixelF1Threshold: 9 });
  });

  it('looks for what was found where it is, and is not satisfied with a region over everything', () => {
    const masks = [undefined, undefined, mask(1, 0, 0, 0), mask(0, 0, 1, 1)];
    const measure = (maps: ScalarMap[], pixelThreshold?: number) =>
      computeMetrics({ scores: [0.1, 0.5, 0.6, 0.8], labels, maps, masks, threshold: 0.4, pixelThreshold });
    // The third is found beside its defect; the second, a false alarm, marks a pixel that no mask has.
    const beside = [map(0, 0, 0, 0.1), map(0, 0, 0, 0.5), map(0, 0.6, 0, 0), map(0, 0.45, 0.8, 0.7)];
    expect(measure(beside)).toMatchObject({ detectionRate: 1, locationRate: 0.5, regionPrecision: 0.5 });
    // With a threshold of their own regions are larger than the image's would make them.
    expect(measure(beside, 0.1)).toMatchObject({ locationRate: 0.5, regionPrecision: 2 / 5 });
    const everywhere = [beside[0]!, beside[1]!, map(0.6, 0.6, 0.6, 0.6), map(0.8, 0.8, 0.8, 0.8)];
    expect(measure(everywhere)).toMatchObject({ locationRate: 1, regionPrecision: 3 / 9 });
    // An image below the threshold is not reported, whatever its pixels are.
    const low = computeMetrics({ scores: [0, 0, 0.3, 0.3], labels, maps: everywhere, masks, threshold: 0.4 });
    expect(low).toMatchObject({ detectionRate: 0, locationRate: 0, regionPrecision: null });
    expect(computeMetrics({ scores, labels, threshold: 0.4 })).toMatchObject({
      locationRate: null,
      regionPrecision: null,
    });
  });

  it('gives AUPRO up to 0.05 as the curve says', () => {
    let state = 7;
    const next = (): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32;
    };
    const size = 40;
    const image = (bad: boolean) => {
      const data = Float32Array.from({ length: size * size }, next);
      const truth = new Uint8Array(size * size);
      if (bad) for (let p = 0; p < 90; p++) truth[410 + p] = 1;
      if (bad) for (let p = 410; p < 500; p++) data[p] = data[p]! + 0.5 * next();
      return { map: { width: size, height: size, data }, mask: { width: size, height: size, data: truth } };
    };
    const images = [false, true, true].map(image);
    const [maps, masks] = [images.map((each) => each.map), images.map((each) => each.mask)];
    const metrics = computeMetrics({ scores: [0, 1, 1], labels: [0, 1, 1], maps, masks });
    expect(metrics.aupro5).toBe(auPro(maps, masks, { fprLimit: 0.05 }));
    expect(metrics.aupro5).toBeGreaterThan(0);
    expect(metrics.aupro5).toBeLessThan(metrics.aupro as number);
  });

  it('is null where one class is missing', () => {
    const good = computeMetrics({ scores: [1, 2], labels: [0, 0], threshold: 3 });
    expect(good).toMatchObject({ imageAuroc: null, imageAupr: null, f1: null, f1Threshold: null });
    expect(good).toMatchObject({ falseAlarmRate: 0, detectionRate: null });
    const none = computeMetrics({ scores: [], labels: [], threshold: 0 });
    expect(none).toMatchObject({ images: 0, falseAlarmRate: null, falseAlarmRateInterval: null });
    expect(metricsSchema.parse(none)).toEqual(none);
  });

  it('refuses lists of two lengths and masks of another size', () => {
    expect(() => computeMetrics({ scores, labels, maps: [map(1, 2)] })).toThrow(/one per score/);
    const maps = scores.map(() => map(1, 2));
    const masks = scores.map(() => mask(1, 0, 0, 0));
    expect(() => computeMetrics({ scores, labels, maps, masks })).toThrow(/size 2x1/);
  });

  it('ranks ten million pixels in seconds', () => {
    let state = 1;
    const next = (): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state;
    };
    const count = 1e7;
    const values = Float32Array.from({ length: count }, next);
    const bits = Uint8Array.from({ length: count }, () => (next() < 2 ** 32 / 50 ? 1 : 0));
    const start = performance.now();
    expect(auroc(values, bits)).toBeCloseTo(0.5, 2);
    expect(performance.now() - start).toBeLessThan(15_000);
  });
});

describe('computeDefectMetrics', () => {
  it('compares each kind of defect with all good images', () => {
    const rows = computeDefectMetrics({
      scores: [1, 2, 3, 2, 9, 0],
      labels: [0, 0, 1, 1, 1, 1],
      defects: ['ignored', undefined, 'scratch', 'scratch', 'hole', undefined],
      threshold: 3,
    });
    expect(rows).toEqual([
      { defect: 'hole', images: 1, auroc: 1, medianScore: 9, detected: 1 },
      { defect: 'scratch', images: 2, auroc: 0.875, medianScore: 2.5, detected: 1 },
      { defect: 'unnamed', images: 1, auroc: 0, medianScore: 0, detected: 0 },
    ]);
  });
});
