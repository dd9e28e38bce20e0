import type { FeatureLayer } from '@cflow/model';
import { float32, Graph, op, type Value } from '@cflow/onnx';

/** A set of rows [count, channels] that others are compared with. */
export interface Rows {
  count: number;
  channels: number;
  data: Float32Array;
}

/** Per channel of joined rows. */
export interface Standard {
  mean: Float32Array;
  deviation: Float32Array;
}

/**
 * What a place is described by: each layer averaged over 3 x 3 places, coarser layers brought to the first one's size
 * bilinearly, and joined (Roth et al., "Towards Total Recall in Industrial Anomaly Detection", CVPR 2022, section 3.1).
 *
 * Inputs: per layer, rows [batch, h · w, C] by its name. Output `rows`: [batch, H · W, sum of C] of the first layer's
 * H and W.
 */
export function joinedRowsGraph(layers: readonly FeatureLayer[]): Graph {
  const graph = new Graph('joined-rows');
  graph.output('rows', joinedRows(graph, layers));
  return graph;
}

/**
 * Distance to the nearest of all rows. Inputs as for {@link joinedRowsGraph}, of one image; outputs `map` [height, width],
 * the Euclidean distances after standardizing, brought to the size of the image bilinearly, and `score` [1, 1], its
 * maximum.
 *
 * @param bank standardized rows
 */
export function nearestGraph(
  layers: readonly FeatureLayer[],
  bank: Rows,
  { mean, deviation }: Standard,
  [height, width]: readonly [number, number],
): Graph {
  const graph = new Graph('nearest');
  const [first] = layers as readonly [FeatureLayer];
  const { count, channels } = bank;
  const rows = op.Reshape(joinedRows(graph, layers, 1), [first.height * first.width, channels]);
  const standardized = op.Div(
    op.Sub(rows, graph.constant(float32([channels], mean))),
    graph.constant(float32([channels], deviation)),
  );
  // |q - b|² = |q|² - (2 q·b - |b|²), and the nearest b has the largest bracket.
  const twice = new Float32Array(channels * count);
  const squares = new Float32Array(count);
  for (let row = 0; row < count; row++) {
    for (let channel = 0; channel < channels; channel++) {
      const value = bank.data[row * channels + channel]!;
      twice[channel * count + row] = 2 * value;
      squares[row] = squares[row]! + value * value;
    }
  }
  const products = op.MatMul(standardized, graph.constant(float32([channels, count], twice), 'bank'));
  const bracket = op.Sub(products, graph.constant(float32([count], squares), 'squares'));
  const own = op.ReduceSum(op.Mul(standardized, standardized), [1]);
  const distance = op.Sqrt(op.Max(op.Sub(own, op.ReduceMax(bracket, [1])), graph.scalar(0)));
  const places = op.Reshape(distance, [1, 1, first.height, first.width]);
  const map = op.Reshape(op.Resize(places, height, width, 'half_pixel'), [height, width]);
  graph.output('map', map);
  graph.output('score', op.ReduceMax(map, [0, 1], true));
  return graph;
}

function joinedRows(graph: Graph, layers: readonly FeatureLayer[], batch: 1 | 'batch' = 'batch'): Value {
  const [first] = layers as readonly [FeatureLayer];
  const maps = layers.map(({ name, channels, height, width }) => {
    const rows = graph.input(name, 'float32', [batch, height * width, channels]);
    const map = op.Reshape(op.Transpose(rows, [0, 2, 1]), [batch, channels, height, width]);
    const ninth = graph.constant(float32([channels, 1, 3, 3], new Float32Array(9 * channels).fill(1 / 9)));
    const averaged = op.Conv(map, ninth, undefined, { group: channels, pads: [1, 1, 1, 1] });
    const same = height === first.height && width === first.width;
    return same ? averaged : op.Resize(averaged, first.height, first.width, 'half_pixel');
  });
  const joined = op.Concat(maps, 1);
  const channels = layers.reduce((sum, layer) => sum + layer.channels, 0);
  return op.Transpose(op.Reshape(joined, [batch, channels, first.height * first.width]), [0, 2, 1]);
}
