import type { CellResult } from '../cell.js';

/** A result that nobody measured, with some of its figures given. */
export function benchmarkCell({
  imageAuroc = 0.9,
  falseAlarmRate = 0,
  goodImages = 20,
  ...rest
}: Partial<CellResult> & {
  imageAuroc?: number | null;
  falseAlarmRate?: number;
  goodImages?: number;
}): CellResult {
  return {
    format: 2,
    key: 'k',
    category: 'wood',
    variant: `${rest.backbone ?? 'embedded'}, ${rest.preset ?? 'fast'}`,
    kind: 'detector',
    backbone: 'embedded',
    preset: 'fast',
    seed: 0,
    metrics: {
      images: goodImages + 5,
      goodImages,
      badImages: 5,
      pixelImages: goodImages + 5,
      defectRegions: 6,
      imageAuroc,
      imageAupr: 0.8,
      pixelAuroc: 0.7,
      pixelAupr: 0.6,
      aupro: 0.5,
      f1: 0.4,
      f1Threshold: 1,
      pixelF1: null,
      pixelF1Threshold: null,
      threshold: 1,
      falseAlarmRate,
      detectionRate: 0.5,
    },
    promisedFalseAlarmRate: 0.05,
    promiseHolds: true,
    trainImages: 50,
    calibrationImages: 19,
    trainingSeconds: 10,
    scoringSeconds: 0.01,
    bundleBytes: 1000,
    device: 'cpu',
    configuration: {},
    finishedAt: '2026-01-01T00:00:00.000Z',
    ...rest,
  };
}
