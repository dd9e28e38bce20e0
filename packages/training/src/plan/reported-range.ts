import type { DataSetReport, SampleRange } from '@cflow/spec';

/** The range of a data set's samples, as a configuration keeps it. */
export function reportedRange({ range }: Pick<DataSetReport, 'range'>): SampleRange | undefined {
  return range && { low: range.low, high: range.high };
}
