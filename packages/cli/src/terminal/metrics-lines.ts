import type { Metrics } from '@cflow/spec';
import { formatFigure, formatNumber } from './format.js';
import { tableLines } from './table.js';

/** The figures of an evaluation as a small table: images beside pixels. */
export function metricsLines(metrics: Metrics): string[] {
  const {
    imageAuroc,
    imageAupr,
    f1,
    f1Threshold,
    pixelAuroc,
    pixelAupr,
    aupro,
    aupro5,
    pixelF1,
    pixelF1Threshold,
  } = metrics;
  return tableLines(
    [{ title: '' }, { title: 'images', align: 'right' }, { title: 'pixels', align: 'right' }],
    [
      ['AUROC', formatFigure(imageAuroc), formatFigure(pixelAuroc)],
      ['AUPR', formatFigure(imageAupr), formatFigure(pixelAupr)],
      ['AUPRO', '', formatFigure(aupro)],
      ['  to 0.05', '', formatFigure(aupro5)],
      ['best F1', formatFigure(f1), formatFigure(pixelF1)],
      ['  at score', formatNumber(f1Threshold), formatNumber(pixelF1Threshold)],
    ],
  );
}
