/**
 * Which values of an anomaly map are shown, and how strongly. It is a detector's own: nothing that was seen before or
 * beside an image changes it, so that a color means the same in a page, a report and a service's pictures.
 */
export interface AnomalyScale {
  /** Value of the map from which it is anomalous. Below it nothing is shown. */
  threshold: number;
  /** As far above the threshold the color is full; positive. */
  span: number;
}

/**
 * @param own The detector's pixel threshold: full color begins at twice as much.
 * @param threshold The threshold in use, where it is another one: the colors move with it.
 */
export function anomalyScale(own: number, threshold: number = own): AnomalyScale {
  return { threshold, span: Math.abs(own) || 1 };
}

/** How anomalous a value is: 0 at the threshold, 1 from where the color is full; -1 below it, and for NaN. */
export function anomalyLevel({ threshold, span }: AnomalyScale, value: number): number {
  // Written so that NaN is below every threshold.
  if (!(value >= threshold)) return -1;
  return Math.min(1, (value - threshold) / span);
}
