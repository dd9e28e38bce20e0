import type { CellResult } from './cell.js';

/** What is averaged and compared. */
export type Figure =
  | 'imageAuroc'
  | 'pixelAuroc'
  | 'aupro'
  | 'aupro5'
  | 'f1'
  | 'pixelF1'
  | 'detectionRate'
  | 'locationRate'
  | 'regionPrecision'
  | 'falseAlarmRate'
  | 'trainingSeconds'
  | 'scoringSeconds'
  | 'bundleBytes';

/** How each is read from a cell. */
export const FIGURES: Readonly<Record<Figure, (cell: CellResult) => number | null>> = {
  imageAuroc: ({ metrics }) => metrics.imageAuroc,
  pixelAuroc: ({ metrics }) => metrics.pixelAuroc,
  aupro: ({ metrics }) => metrics.aupro,
  aupro5: ({ metrics }) => metrics.aupro5 ?? null,
  f1: ({ metrics }) => metrics.f1,
  pixelF1: ({ metrics }) => metrics.pixelF1,
  detectionRate: ({ metrics }) => metrics.detectionRate ?? null,
  locationRate: ({ metrics }) => metrics.locationRate ?? null,
  regionPrecision: ({ metrics }) => metrics.regionPrecision ?? null,
  falseAlarmRate: ({ metrics }) => metrics.falseAlarmRate ?? null,
  trainingSeconds: ({ trainingSeconds }) => trainingSeconds,
  scoringSeconds: ({ scoringSeconds }) => scoringSeconds,
  bundleBytes: ({ bundleBytes }) => bundleBytes,
};

const FIGURE_NAMES = Object.keys(FIGURES) as Figure[];

/** Those of which less is better. */
export const LESS_IS_BETTER: ReadonlySet<Figure> = new Set<Figure>([
  'falseAlarmRate',
  'trainingSeconds',
  'scoringSeconds',
  'bundleBytes',
]);

/** A value for each figure. */
export function forEachFigure<T>(make: (figure: Figure) => T): Record<Figure, T> {
  return Object.fromEntries(FIGURE_NAMES.map((figure) => [figure, make(figure)])) as Record<Figure, T>;
}
