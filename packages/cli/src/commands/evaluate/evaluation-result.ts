import type { DefectMetrics } from '@cflow/evaluation';
import type { DataSetReport, Metrics } from '@cflow/spec';

/** What `--json` prints: all figures, and what they were measured on. */
export interface EvaluationResult extends Metrics {
  detector: string;
  dataSet: string;
  device: string;
  /** Present where products may be rounded to TF32; where absent, they are exact. */
  precisionMode?: 'throughput';
  /** Images that could not be read and were left out. */
  unreadable: number;
  /** How the data set was understood. */
  dataSetReport: DataSetReport;
  defects: DefectMetrics[];
  /** Where `--output` wrote. */
  output?: string;
}
