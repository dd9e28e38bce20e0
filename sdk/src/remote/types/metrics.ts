/** What a detector achieves on labelled images. Null where the data do not define it. */
export interface Metrics {
  images: number;
  goodImages: number;
  badImages: number;
  /** Images whose pixels count. */
  pixelImages: number;
  /** Connected components of the masks. */
  defectRegions: number;
  imageAuroc: number | null;
  imageAupr: number | null;
  pixelAuroc: number | null;
  pixelAupr: number | null;
  /** Area under the per-region-overlap curve up to a false-positive rate of 0.3, divided by 0.3. */
  aupro: number | null;
  /** The same up to a false-positive rate of 0.05, divided by 0.05. */
  aupro5?: number | null | undefined;
  f1: number | null;
  f1Threshold: number | null;
  pixelF1: number | null;
  pixelF1Threshold: number | null;
  /** The image threshold that the figures below were counted at. */
  threshold?: number | undefined;
  falseAlarmRate?: number | null | undefined;
  /** Exact 95 % confidence interval. */
  falseAlarmRateInterval?: [number, number] | null | undefined;
  detectionRate?: number | null | undefined;
  /** Share of the bad images with a mask that were found, with a region that meets the mask. */
  locationRate?: number | null | undefined;
  /** Share of the pixels in regions that lie in a mask. */
  regionPrecision?: number | null | undefined;
  /** What would be found for other false-alarm rates, the lowest first. */
  operatingPoints?: OperatingPoint[] | undefined;
}

/** What is found and what is called bad by mistake when a certain false-alarm rate is promised. */
export interface OperatingPoint {
  /** Share of the good images to come that may be called bad. */
  promised: number;
  threshold: number;
  falseAlarmRate: number | null;
  detectionRate: number | null;
}
