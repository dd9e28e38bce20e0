import { readFileSync } from 'node:fs';
import type { Mask, ScalarMap } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import { lcg } from '../fixtures/lcg.js';
import {
  auPro,
  auroc,
  averagePrecision,
  computeMetrics,
  connectedComponents,
  falseAlarmRateInterval,
  optimalF1,
  precisionRecallCurve,
  rocCurve,
} from './index.js';

interface Golden {
  rankings: {
    seed: number;
    n: number;
    levels: number;
    share: number;
    auroc: number;
    averagePrecision: number;
    f1: number;
    roc: [points: number, sumX: number, sumY: number];
    precisionRecall: [points: number, sumPrecision: number, sumRecall: number];
  }[];
  maps: {
    seed: number;
    levels: number;
    density: number;
    limit: number;
    components: number;
    aupro: number;
    pixelAuroc: number;
  }[];
  intervals: { k: number; n: number; confidence: number; interval: [number, number] }[];
}

const golden = JSON.parse(
  readFileSync(new URL('../fixtures/golden.json', import.meta.url), 'utf8'),
) as Golden;

const onGrid = (value: number, levels: number): number =>
  levels > 0 ? Math.floor(value * levels) / levels : value;
const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);

describe('equal to scikit-learn', () => {
  it.each(golden.rankings)('ranking of $n scores on $levels levels', (expected) => {
    const { seed, n, levels, share } = expected;
    const labels = Uint8Array.from(lcg(seed, n), (value) => (value < share ? 1 : 0));
    const scores = lcg(seed + 1000003, n).map((value, i) => onGrid(value + 0.3 * labels[i]!, levels));

    expect(auroc(scores, labels)).toBeCloseTo(expected.auroc, 13);
    expect(averagePrecision(scores, labels)).toBeCloseTo(expected.averagePrecision, 13);
    const best = optimalF1(scores, labels);
    expect(best.f1).toBeCloseTo(expected.f1, 13);
    expect((2 * best.precision * best.recall) / (best.precision + best.recall)).toBeCloseTo(best.f1, 13);

    // scikit-learn keeps every point here, so the points that lie on a straight run are put back before comparing.
    const roc = rocCurve(scores, labels);
    const counts = [...new Set(scores)].map((threshold) => [
      scores.filter((score, i) => score >= threshold && !labels[i]).length,
      scores.filter((score, i) => score >= threshold && labels[i]).length,
    ]);
    expect(counts.length + 1).toBe(expected.roc[0]);
    const bads = labels.reduce((total, label) => total + label, 0);
    const onCurve = counts.map(([fp, tp]) => [fp! / (n - bads), tp! / bads] as const);
    expect(onCurve.reduce((total, [x]) => total + x, 0)).toBeCloseTo(expected.roc[1], 9);
    for (const [x, y] of onCurve) expect(distanceToCurve(x, y, roc)).toBeLessThan(1e-12);
    for (let i = 1; i < roc.thresholds.length; i++) {
      expect(onCurve).toContainEqual([roc.falsePositiveRate[i], roc.truePositiveRate[i]]);
    }

    const curve = precisionRecallCurve(scores, labels);
    expect(curve.thresholds.length - 1).toBe(expected.precisionRecall[0]);
    expect(sum(curve.precision) - 1).toBeCloseTo(expected.precisionRecall[1], 9);
    expect(sum(curve.recall)).toBeCloseTo(expected.precisionRecall[2], 9);
  });

  it.each(golden.maps)('maps with seed $seed on $levels levels', (expected) => {
    const { seed, levels, density, limit } = expected;
    const [count, height, width] = [4, 24, 17];
    const pixels = width * height;
    const inside = Uint8Array.from(lcg(seed, count * pixels), (value) => (value < density ? 255 : 0));
    inside.fill(0, 3 * pixels);
    const values = Float32Array.from(lcg(seed + 1000003, count * pixels), (value, i) =>
      onGrid(value + (inside[i]! > 0 ? 0.25 : 0), levels),
    );
    const masks: Mask[] = [];
    const maps: ScalarMap[] = [];
    for (let i = 0; i < count; i++) {
      masks.push({ width, height, data: inside.subarray(i * pixels, (i + 1) * pixels) });
      maps.push({ width, height, data: values.subarray(i * pixels, (i + 1) * pixels) });
    }
    const components = masks.reduce((total, mask) => total + connectedComponents(mask).count, 0);
    expect(components).toBe(expected.components);
    expect(auPro(maps, masks, { fprLimit: limit })).toBeCloseTo(expected.aupro, 12);
    const metrics = computeMetrics({ scores: [3, 2, 1, 0], labels: [1, 1, 1, 0], maps, masks });
    expect(metrics.pixelAuroc).toBeCloseTo(expected.pixelAuroc, 13);
    expect(metrics.defectRegions).toBe(expected.components);
  });
});

describe('equal to SciPy', () => {
  it.each(golden.intervals)('$k of $n at $confidence', ({ k, n, confidence, interval }) => {
    const [low, high] = falseAlarmRateInterval(k, n, confidence);
    expect(low).toBeCloseTo(interval[0], 10);
    expect(high).toBeCloseTo(interval[1], 10);
  });
});

/** Distance of a point to the nearest segment of a curve that rises to the right. */
function distanceToCurve(
  x: number,
  y: number,
  curve: { falsePositiveRate: Float64Array; truePositiveRate: Float64Array },
): number {
  const { falsePositiveRate: xs, truePositiveRate: ys } = curve;
  let nearest = Number.POSITIVE_INFINITY;
  for (let i = 1; i < xs.length; i++) {
    const dx = xs[i]! - xs[i - 1]!;
    const dy = ys[i]! - ys[i - 1]!;
    const along = ((x - xs[i - 1]!) * dx + (y - ys[i - 1]!) * dy) / (dx * dx + dy * dy);
    const t = Math.min(1, Math.max(0, along));
    nearest = Math.min(nearest, Math.hypot(x - xs[i - 1]! - t * dx, y - ys[i - 1]! - t * dy));
  }
  return nearest;
}
