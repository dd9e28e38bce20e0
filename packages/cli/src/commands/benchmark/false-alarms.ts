import { falseAlarmRateInterval } from '@cflow/evaluation';
import type { CellResult } from './cell.js';

/** How often good images that nothing was learned from were called bad, and what had been promised. */
export interface FalseAlarms {
  /** Unseen good images, each counted once. */
  images: number;
  /** Share of them at or above the calibrated threshold, mean over seeds. */
  rate: number;
  /** What the calibration promised, mean over cells, weighed by images. */
  promised: number;
  /** Exact 95 % interval (Clopper-Pearson) of the rate. */
  interval: [number, number];
  /** Whether the promised rate lies in it. */
  holds: boolean;
}

/**
 * Combines the cells of one or more categories. Seeds of a category share their test images and so say little more than one
 * seed does: their mean counts once, while images of different categories add up.
 */
export function falseAlarms(cells: readonly CellResult[]): FalseAlarms | null {
  let images = 0;
  let alarms = 0;
  let promised = 0;
  for (const category of new Set(cells.map((cell) => cell.category))) {
    const counted = cells.filter(
      (cell) => cell.category === category && typeof cell.metrics.falseAlarmRate === 'number',
    );
    for (const { metrics, promisedFalseAlarmRate } of counted) {
      const { goodImages, falseAlarmRate } = metrics;
      images += goodImages / counted.length;
      alarms += ((falseAlarmRate as number) * goodImages) / counted.length;
      promised += (promisedFalseAlarmRate * goodImages) / counted.length;
    }
  }
  const whole = Math.round(images);
  if (whole === 0) return null;
  const interval = falseAlarmRateInterval(Math.min(whole, Math.round(alarms)), whole);
  const rate = promised / images;
  return {
    images: whole,
    rate: alarms / images,
    promised: rate,
    interval,
    holds: interval[0] <= rate && rate <= interval[1],
  };
}
