import { op, type Value } from '@cflow/onnx';

/**
 * The mean of the largest values of each row, by comparing all with all: the operators for sorting differ between devices
 * and are missing on some. All that are equal to the last one that counts are in.
 *
 * @param values [batch, count]
 * @param share of the values that counts, in (0, 1]; one at least
 * @returns [batch]
 */
export function topShareMean(values: Value, share: number): Value {
  const { graph } = values;
  const [batch, count] = values.shape as [string, number];
  const wanted = Math.max(1, Math.round(share * count));
  const larger = op.Greater(op.Reshape(values, [batch, 1, count]), op.Reshape(values, [batch, count, 1]));
  const rank = op.ReduceSum(op.Cast(larger, 'float32'), [2]);
  const chosen = op.Cast(op.Less(rank, graph.scalar(wanted - 0.5)), 'float32');
  return op.Div(op.ReduceSum(op.Mul(chosen, values), [1]), op.ReduceSum(chosen, [1]));
}
