import { falseAlarmProbability, thresholdForFalseAlarmRate } from '@cflow/evaluation';
import type { BundleManifest, DetectorSettings, Prediction, ScoreCalibration } from '@cflow/sdk';
import type { ScoreRange } from './score-strip.js';

/** What the page knows of one version of a detector: the threshold in use, and the range that its scores take. */
export class VersionState {
  readonly name: string;
  readonly version: string;
  /** In force for the detector; what the threshold is reset to. */
  ownThreshold: number;
  #ownPixelThreshold: number;
  /** The detector's settings; undefined where it can have none, or where this key may not read them. */
  settings: DetectorSettings | undefined;
  /** Undefined where the service does not let this key read it. */
  calibrations: Pick<BundleManifest['calibration'], 'score' | 'map'> | undefined;
  /** Whether the service has this version: it does not have those trained in this tab. */
  ofService = false;
  threshold: number;
  #low: number;
  #high: number;

  constructor({ detector, threshold, pixelThreshold, score }: Prediction) {
    this.name = detector.name;
    this.version = detector.version;
    this.threshold = threshold;
    this.ownThreshold = threshold;
    this.#ownPixelThreshold = pixelThreshold;
    this.#low = Math.min(score, threshold);
    this.#high = Math.max(score, threshold);
  }

  /** Applies the detector's settings, which predictions made in this page do not carry. */
  decide(settings: DetectorSettings): void {
    this.settings = settings;
    const untouched = this.threshold === this.ownThreshold;
    if (settings.version === this.version) {
      this.ownThreshold = settings.threshold ?? this.ownThreshold;
      this.#ownPixelThreshold = settings.pixelThreshold ?? settings.threshold ?? this.#ownPixelThreshold;
    }
    if (settings.falseAlarmRate !== undefined && this.calibrations) {
      const { score, map = score } = this.calibrations;
      this.ownThreshold = thresholdForFalseAlarmRate(score, settings.falseAlarmRate);
      this.#ownPixelThreshold = thresholdForFalseAlarmRate(map, settings.falseAlarmRate);
    }
    if (untouched) this.threshold = this.ownThreshold;
  }

  /** Takes the score of one more prediction into the range. */
  include(score: number): void {
    this.#low = Math.min(this.#low, score);
    this.#high = Math.max(this.#high, score);
  }

  get calibration(): ScoreCalibration | undefined {
    return this.calibrations?.score;
  }

  /** Ends of the slider: all scores seen, and some room so that everything can be called good or bad. */
  get range(): ScoreRange {
    const min = Math.min(this.#low, this.threshold, this.calibration?.scores[0] ?? this.#low);
    const max = Math.max(this.#high, this.ownThreshold, this.threshold);
    return { min, max: max + 0.08 * (max - min || Math.abs(max) || 1) };
  }

  /**
   * Value of the map from which a pixel is anomalous: the threshold, where the score is the map's maximum; else the value
   * that good images reach as rarely as they reach the threshold.
   */
  get pixelThreshold(): number {
    if (this.threshold === this.ownThreshold) return this.#ownPixelThreshold;
    const { score, map } = this.calibrations ?? {};
    if (score && map)
      // No value has a probability of 1.
      return thresholdForFalseAlarmRate(
        map,
        Math.min(falseAlarmProbability(score, this.threshold), 1 - Number.EPSILON),
      );
    return this.#ownPixelThreshold === this.ownThreshold ? this.threshold : this.#ownPixelThreshold;
  }

  get falseAlarmRate(): number | undefined {
    return this.calibration && falseAlarmProbability(this.calibration, this.threshold);
  }

  set falseAlarmRate(rate: number) {
    if (this.calibration) this.threshold = thresholdForFalseAlarmRate(this.calibration, rate);
  }
}
