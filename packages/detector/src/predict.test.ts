import { calibrate, falseAlarmProbability, thresholdForFalseAlarmRate } from '@cflow/evaluation';
import { BUNDLE_FILES, ConfigurationError, type Mask, type ScalarMap } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import { parseManifest } from './manifest.js';
import { predictionOf, scoreThreshold } from './predict.js';
import { makeBundle } from './testing/make-bundle.js';

const calibration = calibrate(Array.from({ length: 40 }, (_, i) => 1 + i / 40));
const stored = await parseManifest((await makeBundle()).get(BUNDLE_FILES.manifest) as Uint8Array, 'test');
const manifest = {
  ...stored,
  calibration: { ...stored.calibration, score: calibration },
  thresholds: { ...stored.thresholds, score: 2 },
};

/** 4 x 3: a peak of 5 at the left, one of 3 at the right, 1 elsewhere. */
const map: ScalarMap = {
  width: 4,
  height: 3,
  data: Float32Array.of(1, 1, 1, 3, 5, 1, 1, 2.5, 2.5, 1, 1, 1),
};
const raw = { score: 5, map };
const ignoring = (...pixels: number[]): Mask => {
  const data = new Uint8Array(12);
  for (const pixel of pixels) data[pixel] = 255;
  return { width: 4, height: 3, data };
};

const corners = (left: number, top: number, right: number, bottom: number): [number, number][] => [
  [left, top],
  [right, top],
  [right, bottom],
  [left, bottom],
];

describe('predictionOf', () => {
  it('has the raw score, its probability on good images, the label and the thresholds', () => {
    const prediction = predictionOf(raw, manifest);
    expect(prediction).toMatchObject({ score: 5, label: 'bad', threshold: 2, pixelThreshold: 2, map });
    expect(prediction.falseAlarmProbability).toBe(falseAlarmProbability(calibration, 5));
    expect(prediction.falseAlarmProbability).toBeLessThan(0.01);
    expect(prediction).not.toHaveProperty('layers');
  });

  it('calls an image bad from the threshold on', () => {
    const label = (threshold: number) => predictionOf(raw, manifest, { threshold }).label;
    expect(label(5)).toBe('bad');
    expect(label(5 + 1e-6)).toBe('good');
    expect(label(5 - 1e-6)).toBe('bad');
  });

  it('lists the regions of the map, the highest peak first', () => {
    expect(predictionOf(raw, manifest).regions).toEqual([
      {
        box: { x: 0, y: 1, width: 1, height: 2 },
        area: 2,
        polygon: corners(0, 1, 1, 3),
        peak: { x: 0, y: 1, value: 5 },
        score: 5,
      },
      {
        box: { x: 3, y: 0, width: 1, height: 2 },
        area: 2,
        polygon: corners(3, 0, 4, 2),
        peak: { x: 3, y: 0, value: 3 },
        score: 3,
      },
    ]);
    expect(predictionOf(raw, manifest, { pixelThreshold: 3 }).regions.map(({ area }) => area)).toEqual([
      1, 1,
    ]);
    expect(predictionOf(raw, manifest, { pixelThreshold: 6 }).regions).toEqual([]);
    expect(predictionOf(raw, manifest, { minArea: 3 }).regions).toEqual([]);
    expect(predictionOf(raw, manifest, { maxRegions: 1 }).regions.length).toBe(1);
    expect(predictionOf(raw, manifest, { maxRegions: 0 }).regions).toEqual([]);
  });

  it('counts regions in pixels of the picture, whose size it says', () => {
    const picture = { width: 40, height: 60 };
    const prediction = predictionOf(raw, manifest, { picture, maxRegions: 1 });
    expect(prediction.original).toEqual(picture);
    expect(prediction.regions).toEqual([
      {
        box: { x: 0, y: 20, width: 10, height: 40 },
        area: 400,
        polygon: corners(0, 20, 10, 60),
        peak: { x: 5, y: 30, value: 5 },
        score: 5,
      },
    ]);
    expect(predictionOf(raw, manifest, { picture, minArea: 401 }).regions).toEqual([]);
    expect(predictionOf(raw, manifest, { picture, minShare: 1 }).regions.length).toBe(2);
    expect(predictionOf(raw, manifest).original).toEqual({ width: 4, height: 3 });
  });

  it('takes the score over the pixels that are not ignored', () => {
    const prediction = predictionOf(raw, manifest, { ignore: ignoring(4) });
    expect(prediction.score).toBe(3);
    expect(prediction.regions.map(({ peak }) => peak.value)).toEqual([3, 2.5]);
    expect(prediction.falseAlarmProbability).toBe(falseAlarmProbability(calibration, 3));
    expect(predictionOf(raw, manifest, { ignore: ignoring(4, 8, 3, 7) })).toMatchObject({
      score: 1,
      label: 'good',
      regions: [],
    });
    // The map stays as it is: what is ignored is still there to see.
    expect(prediction.map).toBe(map);
    expect(predictionOf(raw, manifest, { ignore: ignoring() }).score).toBe(5);
  });

  it('brings an ignore mask of another size to that of the map', () => {
    const data = new Uint8Array(8 * 6);
    for (let y = 0; y < 6; y++) data.fill(1, y * 8, y * 8 + 2);
    expect(predictionOf(raw, manifest, { ignore: { width: 8, height: 6, data } }).score).toBe(3);
  });

  it('refuses to score nothing', () => {
    const everything: Mask = { width: 4, height: 3, data: new Uint8Array(12).fill(1) };
    expect(() => predictionOf(raw, manifest, { ignore: everything })).toThrow(ConfigurationError);
  });

  it.each([
    [{ pixelThreshold: Number.NaN }],
    [{ minArea: -1 }],
    [{ minArea: Number.NaN }],
    [{ minShare: -0.1 }],
    [{ minShare: 1.1 }],
    [{ minShare: Number.NaN }],
    [{ maxRegions: -1 }],
    [{ maxRegions: 1.5 }],
    [{ threshold: Number.POSITIVE_INFINITY }],
    [{ threshold: Number.NaN }],
    [{ falseAlarmRate: 0 }],
    [{ falseAlarmRate: 1 }],
    [{ threshold: 1, falseAlarmRate: 0.1 }],
  ])('refuses %o', (options) => {
    expect(() => predictionOf(raw, manifest, options)).toThrow(ConfigurationError);
  });
});

describe('scoreThreshold', () => {
  it("is the detector's, the one given, or that of a false-alarm rate", () => {
    expect(scoreThreshold(manifest, {})).toBe(2);
    expect(scoreThreshold(manifest, { threshold: -1 })).toBe(-1);
    const found = scoreThreshold(manifest, { falseAlarmRate: 0.1 });
    expect(found).toBe(thresholdForFalseAlarmRate(calibration, 0.1));
    expect(falseAlarmProbability(calibration, found)).toBeCloseTo(0.1, 6);
  });
});

describe('of a detector whose score is not the maximum of its map', () => {
  // Maps of good images reach 10 to 11, their scores 1 to 2.
  const ofMaps = calibrate(Array.from({ length: 40 }, (_, i) => 10 + i / 40));
  const memory = {
    ...manifest,
    calibration: { ...manifest.calibration, map: ofMaps },
    thresholds: { ...manifest.thresholds, pixel: 4 },
  };

  it('regions begin at a threshold of their own', () => {
    expect(predictionOf({ score: 0.3, map }, memory)).toMatchObject({
      ...{ score: 0.3, label: 'good', threshold: 2, pixelThreshold: 4 },
      regions: [{ area: 1, peak: { value: 5 } }],
    });
    expect(predictionOf(raw, memory, { threshold: 9 }).pixelThreshold).toBe(4);
    expect(predictionOf(raw, memory, { pixelThreshold: 2.7 }).pixelThreshold).toBe(2.7);
    const rare = predictionOf(raw, memory, { falseAlarmRate: 0.05 });
    expect(rare.pixelThreshold).toBe(thresholdForFalseAlarmRate(ofMaps, 0.05));
    expect(rare.threshold).toBe(thresholdForFalseAlarmRate(calibration, 0.05));
  });

  it('without what is ignored the score is as rare as the highest value of what is left', () => {
    const high = { ...map, data: map.data.map((value) => value + 6) };
    const without = predictionOf({ score: 1.7, map: high }, memory, { ignore: ignoring(3, 7, 8) });
    expect(without.falseAlarmProbability).toBeCloseTo(falseAlarmProbability(ofMaps, 11), 10);
    expect(without.regions[0]!.score).toBe(without.score);
    // Nothing is as usual as a map far below all good ones.
    expect(predictionOf(raw, memory, { ignore: ignoring(4) }).label).toBe('good');
    expect(Number.isFinite(predictionOf(raw, memory, { ignore: ignoring(4) }).score)).toBe(true);
  });
});
