import type { Evaluation } from '@cflow/detector/node';
import type { UnreadableImage } from '@cflow/images/node';
import type { BundleManifest } from '@cflow/spec';
import { renderReport } from '@cflow/visual';
import type { TrainingPlan } from './plan.js';
import type { TrainedDecoder } from './train-decoders.js';

export interface RunReportOptions {
  manifest: BundleManifest;
  plan: TrainingPlan;
  decoders: readonly TrainedDecoder[];
  evaluation: Evaluation | undefined;
  unreadable: readonly UnreadableImage[];
}

/** The HTML report of a run. */
export async function runReport({ manifest, plan, decoders }: RunReportOptions): Promise<string> {
  return renderReport({
    title: manifest.name,
    createdAt: manifest.createdAt,
    configuration: { ...manifest.configuration, ...plan },
    ...(manifest.metrics && { metrics: manifest.metrics }),
    calibration: manifest.calibration.score,
    threshold: manifest.thresholds.score,
    training: decoders.map(({ history, bestEpoch }, i) => ({
      layer: manifest.layers[i]?.name ?? '',
      training: history.map(({ loss }) => loss),
      validation: history.flatMap(({ heldOut }) => (heldOut === null ? [] : [heldOut])),
      bestEpoch: bestEpoch + 1,
    })),
  });
}
