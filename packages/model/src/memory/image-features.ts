// What a whole image looks like, as graphs.
import { op, type Value } from '@cflow/onnx';
import type { ImageStatistic } from './memory-banks.js';
import { statisticTensorName, type TakeConstant } from './memory-tensors.js';

/**
 * The numbers that describe an image: of each channel the largest and the smallest value over all places, or over each
 * quarter, or the mean over each quarter.
 *
 * @param maps [batch, C, h, w] each
 * @returns [batch, length]
 */
export function imageStatistic(statistic: ImageStatistic, maps: readonly Value[]): Value {
  const parts = maps.flatMap((map) => {
    if (statistic === 'extremes') return extremes(map);
    return quarters(map).flatMap((quarter) =>
      statistic === 'quarter-extremes' ? extremes(quarter) : [op.ReduceMean(quarter, [2, 3])],
    );
  });
  return op.Concat(parts, 1);
}

const extremes = (map: Value): Value[] => [
  op.ReduceMax(map, [2, 3]),
  op.Neg(op.ReduceMax(op.Neg(map), [2, 3])),
];

/** The four quarters; of an odd number of rows or columns the middle one is in both halves. */
function quarters(map: Value): Value[] {
  const halves = (value: Value, axis: number): Value[] => {
    const size = value.shape[axis] as number;
    if (size < 2) return [value, value];
    return [op.Slice(value, axis, 0, Math.ceil(size / 2)), op.Slice(value, axis, Math.floor(size / 2), size)];
  };
  return halves(map, 2).flatMap((half) => halves(half, 3));
}

/**
 * How far an image is from the good ones, by Mahalanobis' distance with a covariance that is shrunken to a ridge:
 * d² = (|q|² - Σ s_k (a_k·q)²) / c, q the statistic standardized, number by number, a_k the principal axes of good images of variance l_k,
 * c the ridge and s_k = l_k / (l_k + c), whose root is in the axes as they are stored.
 *
 * @param values [batch, length]
 * @returns [batch]
 */
export function imageDistance(statistic: ImageStatistic, values: Value, take: TakeConstant): Value {
  const { graph } = values;
  const [batch, length] = values.shape as [string, number];
  const centered = op.Sub(values, take(statisticTensorName(statistic, 'mean'), [length]));
  const q = op.Div(centered, take(statisticTensorName(statistic, 'scale'), [length]));
  const axes = take(statisticTensorName(statistic, 'axes'), [undefined, length]);
  const along = op.MatMul(q, op.Transpose(axes, [1, 0]));
  const rest = op.Sub(op.ReduceSum(op.Mul(q, q), [1]), op.ReduceSum(op.Mul(along, along), [1]));
  const squared = op.Div(op.Max(rest, graph.scalar(0)), take(statisticTensorName(statistic, 'ridge'), [1]));
  return op.Reshape(op.Sqrt(squared), [batch]);
}
