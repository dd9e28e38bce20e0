import { op, type Value } from '@cflow/onnx';

/**
 * The mean of the largest values of each row, by comparing all with all: the operators for sorting differ between devices
 * and are missing on some. All that are equal to the last one that counts are in.
 *
 * @param values [batch, …, count]
 * @param share of the values that counts, in (0, 1]; one at least
 * @returns [batch, …]
 */
export function topShareMean(values: Value, share: number): Value {
  const { graph } = values;
  const outer = values.shape.slice(0, -1);
  const count = values.shape.at(-1) as number;
  const last = outer.length;
  const wanted = Math.max(1, Math.round(share * count));
  const larger = op.Greater(
    op.Reshape(values, [...outer, 1, count]),
    op.Reshape(values, [...outer, count, 1]),
  );
  const rank = op.ReduceSum(op.Cast(larger, 'float32'), [last + 1]);
  const chosen = op.Cast(op.Less(rank, graph.scalar(wanted - 0.5)), 'float32');
  return op.Div(op.ReduceSum(op.Mul(chosen, values), [last]), op.ReduceSum(chosen, [last]));
}
