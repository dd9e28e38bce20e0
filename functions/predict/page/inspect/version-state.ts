import { falseAlarmProbability, thresholdForFalseAlarmRate } from '@cflow/evaluation';
import type { Prediction } from '@cflow/sdk';
import type { ScoreCalibration } from '@cflow/spec';
import type { Scale } from './colors.js';

/** What the page knows of one version of a detector: the threshold in use, and the range that its scores take. */
export class VersionState {
  readonly name: string;
  readonly version: string;
  /** Of the detector; what the threshold goes back to. */
  readonly ownThreshold: number;
  /** Undefined where the service does not let this key read it. */
  calibration: ScoreCalibration | undefined;
  threshold: number;
  private low: number;
  private high: number;

  constructor({ detector, threshold, score }: Prediction) {
    this.name = detector.name;
    this.version = detector.version;
    this.threshold = threshold;
    this.ownThreshold = threshold;
    this.low = Math.min(score, threshold);
    this.high = Math.max(score, threshold);
  }

  /** Takes the values of one more prediction into the range. */
  include(score: number, mapMinimum: number): void {
    this.low = Math.min(this.low, score, mapMinimum);
    this.high = Math.max(this.high, score);
  }

  /** Ends of the slider: all scores seen, and some room so that everything can be called good or bad. */
  get range(): Scale {
    const min = this.low;
    const max = Math.max(this.high, this.ownThreshold, this.threshold);
    return { min, max: max + 0.08 * (max - min || Math.abs(max) || 1) };
  }

  /**
   * Colours mean the same on every image of this version: the detector's own threshold is two thirds up. Not the
   * highest score, or one very bad image would make all others look good.
   */
  get colors(): Scale {
    return { min: this.low, max: this.low + 1.5 * (this.ownThreshold - this.low) };
  }

  get falseAlarmRate(): number | undefined {
    return this.calibration && falseAlarmProbability(this.calibration, this.threshold);
  }

  set falseAlarmRate(rate: number) {
    if (this.calibration) this.threshold = thresholdForFalseAlarmRate(this.calibration, rate);
  }
}
