import { Detector } from '@cflow/detector';
import type { Evaluation } from '@cflow/detector/node';
import type { Runtime } from '@cflow/runtime';
import type { DataSetItem } from '@cflow/spec';
import type { MadeDetector } from '../detector/make-detector.js';
import { evaluateTestImages } from '../report/evaluate-test-images.js';
import type { GoodImages } from './good-images.js';
import type { AskedTraining } from './train-detector-options.js';

/** Evaluates a detector on the test images, where that is wanted and there are any, and enters into its manifest what came of it. */
export async function evaluateRun(
  made: MadeDetector,
  runtime: Runtime,
  test: readonly DataSetItem[],
  { leaveOut }: Pick<GoodImages, 'leaveOut'>,
  { evaluate = true, strict = false, limits, signal, onEvent }: AskedTraining,
): Promise<Evaluation | undefined> {
  if (!evaluate) return undefined;
  const detector = new Detector({ ...made, runtime, dispose: async () => undefined });
  const evaluation = await evaluateTestImages(detector, test, leaveOut, { strict, signal, limits });
  if (!evaluation) return undefined;
  const { metrics } = evaluation;
  const { manifest } = made;
  manifest.metrics = metrics;
  manifest.provenance.testImages = metrics.images;
  manifest.thresholds.f1 = metrics.f1Threshold;
  manifest.thresholds.pixelF1 = metrics.pixelF1Threshold;
  onEvent({ type: 'evaluated', metrics });
  return evaluation;
}
