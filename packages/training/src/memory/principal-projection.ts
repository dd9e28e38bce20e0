import { bankTensorName, projectionName } from '@cflow/model';
import { float32, Graph, op, type Tensor, writeModel } from '@cflow/onnx';
import type { Runtime } from '@cflow/runtime';
import type { SampledPlaces } from './sample-places.js';
import { symmetricEigen } from './symmetric-eigen.js';

/** A channel that hardly varies is not blown up to count as much as the others: deviations are this part of the mean one at least. */
const LEAST_DEVIATION = 1e-3;

/** As for channels, for directions: variances are this part of the largest at least. */
const LEAST_VARIANCE = 1e-6;

/** The coordinates of a bank, and the sampled places in them. */
export interface PrincipalProjection {
  /** By the names that the head knows them by. */
  tensors: Map<string, Tensor>;
  /** [count, components] */
  coordinates: Float32Array;
}

/**
 * The coordinates of a bank: channels standardized, turned to the principal axes of good places, those of most variance
 * kept, each scaled by its variance to minus `whitening`. All of it is one projection per layer, and an offset.
 */
export async function principalProjection(
  runtime: Runtime,
  sampled: SampledPlaces,
): Promise<PrincipalProjection> {
  const { bank, rows, channels, reductions } = sampled;
  const { means, deviations } = standards(rows, channels);
  const covariance = await covarianceOf(runtime, rows, channels, means, deviations);
  const { values, vectors } = symmetricEigen(covariance, channels);
  const components = Math.min(bank.components, channels);
  const least = LEAST_VARIANCE * Math.max(values[0]!, Number.MIN_VALUE);
  // projection[c, k] = vectors[k, c] / deviation_c * variance_k^-whitening
  const projection = new Float32Array(channels * components);
  const offset = new Float32Array(components);
  for (let k = 0; k < components; k++) {
    const scale = Math.max(values[k]!, least) ** -bank.whitening;
    let sum = 0;
    for (let c = 0; c < channels; c++) {
      const weight = (vectors[k * channels + c]! / deviations[c]!) * scale;
      projection[c * components + k] = weight;
      sum += weight * means[c]!;
    }
    offset[k] = -sum;
  }
  const tensors = new Map<string, Tensor>([
    [bankTensorName(bank.name, 'offset'), float32([components], offset)],
  ]);
  let first = 0;
  bank.layers.forEach((layer, i) => {
    const reduction = reductions[i];
    const width = reduction ? reduction.length / layer.channels : layer.channels;
    const own = projection.subarray(first * components, (first + width) * components);
    first += width;
    const whole = reduction ? product(reduction, own, width, components) : own.slice();
    tensors.set(projectionName(bank.name, layer.name), float32([layer.channels, components], whole));
  });
  const coordinates = await projectedRows(runtime, rows, channels, projection, offset);
  return { tensors, coordinates };
}

function standards(rows: Float32Array, channels: number): { means: Float64Array; deviations: Float64Array } {
  const count = rows.length / channels;
  const means = new Float64Array(channels);
  const squares = new Float64Array(channels);
  for (let start = 0; start < rows.length; start += channels) {
    for (let c = 0; c < channels; c++) {
      const value = rows[start + c]!;
      means[c] = means[c]! + value;
      squares[c] = squares[c]! + value * value;
    }
  }
  const deviations = means.map((sum, c) => {
    means[c] = sum / count;
    return Math.sqrt(Math.max(0, squares[c]! / count - (sum / count) ** 2));
  });
  const least = Math.max(
    (LEAST_DEVIATION * deviations.reduce((sum, each) => sum + each, 0)) / channels,
    Number.MIN_VALUE,
  );
  return { means, deviations: deviations.map((each) => Math.max(each, least)) };
}

/** Of standardized rows; one product of matrices. */
async function covarianceOf(
  runtime: Runtime,
  rows: Float32Array,
  channels: number,
  means: Float64Array,
  deviations: Float64Array,
): Promise<Float64Array> {
  const count = rows.length / channels;
  const graph = new Graph('covariance');
  const constant = (values: Float64Array) => graph.constant(float32([channels], Float32Array.from(values)));
  const input = graph.input('rows', 'float32', ['count', channels]);
  const standardized = op.Div(op.Sub(input, constant(means)), constant(deviations));
  const sums = op.MatMul(op.Transpose(standardized, [1, 0]), standardized);
  graph.output('covariance', op.Mul(sums, graph.scalar(1 / count)));
  const session = await runtime.createSession({ model: writeModel(graph) });
  try {
    const { covariance } = await session.run({ rows: float32([count, channels], rows) });
    return Float64Array.from((covariance as Tensor).data as Float32Array);
  } finally {
    await session.dispose();
  }
}

async function projectedRows(
  runtime: Runtime,
  rows: Float32Array,
  channels: number,
  projection: Float32Array,
  offset: Float32Array,
): Promise<Float32Array> {
  const graph = new Graph('projection');
  const input = graph.input('rows', 'float32', ['count', channels]);
  const turned = op.MatMul(input, graph.constant(float32([channels, offset.length], projection)));
  graph.output('coordinates', op.Add(turned, graph.constant(float32([offset.length], offset))));
  const session = await runtime.createSession({ model: writeModel(graph) });
  try {
    const { coordinates } = await session.run({ rows: float32([rows.length / channels, channels], rows) });
    return (coordinates as Tensor).data as Float32Array;
  } finally {
    await session.dispose();
  }
}

/** a [rows, inner] times b [inner, columns]. */
function product(a: Float32Array, b: Float32Array, inner: number, columns: number): Float32Array {
  const rows = a.length / inner;
  const result = new Float32Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let k = 0; k < inner; k++) {
      const factor = a[i * inner + k]!;
      for (let j = 0; j < columns; j++)
        result[i * columns + j] = result[i * columns + j]! + factor * b[k * columns + j]!;
    }
  }
  return result;
}
