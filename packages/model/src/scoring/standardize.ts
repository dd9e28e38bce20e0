import { op, type Value } from '@cflow/onnx';

/** What is usual in one layer of good images: the log-likelihood, and how far it strays. */
export interface LayerStandard {
  /** Mean at each position, [1, 1, h, w]. */
  mean: Value;
  /** Above 0, one for all positions: [1]. */
  deviation: Value;
}

/**
 * How usual a place is, in (0, 1), by its distance d from the mean there, in deviations: 1 / (1 + exp((d - 2) / 1.5)).
 *
 * It levels off on both sides on purpose. A place that is more than usually likely must not make up for another layer
 * that finds it odd, and one coarse layer that is far off must not drown the finer ones, which say where the defect is.
 * Center and width are constants: they were the best, or close to it, on photographs and on rendered images alike.
 */
export function standardizedLikelihood(logLikelihood: Value, { mean, deviation }: LayerStandard): Value {
  const { graph } = logLikelihood;
  const distance = op.Div(op.Sub(mean, logLikelihood), deviation);
  return op.Sigmoid(op.Mul(op.Sub(graph.scalar(CENTER), distance), graph.scalar(1 / WIDTH)));
}

/** Deviations at which a place is as odd as usual: half-way between 0 and 1. */
const CENTER = 2;
const WIDTH = 1.5;
