import { computeMetrics } from '@cflow/evaluation';
import type { ScalarMap } from '@cflow/spec';
import type { Cell, CellResult } from '../../../packages/cli/src/commands/benchmark/cell.js';
import { cellNames } from '../../../packages/cli/src/commands/benchmark/measure-detector.js';
import { promiseOf } from '../../../packages/cli/src/commands/benchmark/promise.js';
import { calibrationPart } from '../../../packages/training/src/detector/calibration-part.js';
import type { CategoryFeatures } from './category-features.js';

/** What a peer says of one image. */
export interface ScoredImage {
  score: number;
  /** Of the size of the input. */
  map: ScalarMap;
}

/** What a peer says of images, and what it took. */
export interface PeerScores {
  /** Of the good images to calibrate on, in their order. */
  calibration: readonly ScoredImage[];
  test: readonly ScoredImage[];
  /** From features to whatever is kept of the good images. */
  trainingSeconds: number;
  /** Median of one image alone, from its features to score and map. */
  scoringSeconds: number;
  /** What is kept. */
  bytes: number;
  configuration: Record<string, unknown>;
}

/**
 * The figures of a peer, taken as those of the detectors are: thresholds from the same good images by the same
 * calibration, metrics by the same code. Its map has a threshold of its own, since its score need not be the map's
 * maximum.
 */
export function peerResult(
  cell: Cell,
  { train, test, heldOut, trainSeconds, imageSeconds }: CategoryFeatures,
  scores: PeerScores,
): CellResult {
  const { calibration } = scores;
  const images = heldOut ? 'held-out' : 'training';
  const { thresholds } = calibrationPart(
    calibration.map(({ score }) => score),
    images,
  );
  const ofMaps = calibrationPart(
    calibration.map(({ map }) => maximum(map)),
    images,
  );
  const metrics = computeMetrics({
    scores: scores.test.map(({ score }) => score),
    labels: test.map(({ item }) => item.label === 'bad'),
    maps: scores.test.map(({ map }) => map),
    masks: test.map(({ mask }) => mask),
    threshold: thresholds.score,
    pixelThreshold: ofMaps.thresholds.score,
  });
  return {
    ...cellNames(cell),
    metrics,
    ...promiseOf(metrics, thresholds),
    trainImages: train.length,
    calibrationImages: calibration.length,
    trainingSeconds: trainSeconds + scores.trainingSeconds,
    scoringSeconds: imageSeconds + scores.scoringSeconds,
    bundleBytes: scores.bytes,
    device: 'cpu',
    configuration: scores.configuration,
    finishedAt: new Date().toISOString(),
  };
}

function maximum({ data }: ScalarMap): number {
  return data.reduce((largest, value) => Math.max(largest, value), Number.NEGATIVE_INFINITY);
}
