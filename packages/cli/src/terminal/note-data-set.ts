import { dataSetLines } from '@cflow/images';
import type { DataSetReport } from '@cflow/spec';
import { noteLine } from './output.js';
import { printable } from './printable.js';

/** How a data set was understood, on stderr, before anything is done with it. */
export function noteDataSet(report: DataSetReport): void {
  for (const line of dataSetLines(report)) noteLine(printable(line));
}
