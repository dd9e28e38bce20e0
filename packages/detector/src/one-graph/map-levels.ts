import { Graph, mergeModels, op, type Tensor, writeModel } from '@cflow/onnx';

const MAP = 'anomaly_map';

/** Names of a map as levels: what is fetched in its place. */
export const MAP_LEVELS = ['map_levels', 'map_low', 'map_high'] as const;

/** A map in half its bytes: `levels` uint16 [batch, height, width], 0 at `low` and 65535 at `high`, float32 [batch] each. */
export interface MapLevels {
  levels: Tensor;
  low: Tensor;
  high: Tensor;
}

const HIGHEST = 65_535;
/** What the range of a map is at least, so that one that is the same everywhere has one. */
const LEAST_RANGE = 1e-30;

/**
 * The model of a detector that gives its map as 16-bit levels between the map's own ends as well, so that on a card half as
 * much has to be copied. The highest value comes back exactly, and the others to 1/131070 of the map's range.
 */
export function compactMaps(model: Uint8Array, [height, width]: readonly [number, number]): Uint8Array {
  const graph = new Graph('levels');
  const map = graph.input(MAP, 'float32', ['batch', height, width]);
  const high = op.ReduceMax(map, [1, 2], true);
  const low = op.Neg(op.ReduceMax(op.Neg(map), [1, 2], true));
  const range = op.Max(op.Sub(high, low), graph.scalar(LEAST_RANGE));
  const scaled = op.Mul(op.Div(op.Sub(map, low), range), graph.scalar(HIGHEST));
  const [levels, lowest, highest] = MAP_LEVELS;
  // Cast cuts off.
  graph.output(levels, op.Cast(op.Add(scaled, graph.scalar(0.5)), 'uint16'));
  graph.output(lowest, op.Reshape(low, ['batch']));
  graph.output(highest, op.Reshape(high, ['batch']));
  return mergeModels(model, writeModel(graph), { prefix: 'levels/', keep: 'all' });
}

/** The map, float32 [batch, height, width]. */
export function mapOfLevels({ levels, low, high }: MapLevels): Tensor {
  const taken = levels.data as Uint16Array;
  const data = new Float32Array(taken.length);
  const batch = levels.dims[0]!;
  const length = taken.length / batch;
  for (let image = 0; image < batch; image++) {
    const from = low.data[image] as number;
    const range = (high.data[image] as number) - from;
    for (let i = image * length; i < (image + 1) * length; i++)
      data[i] = from + range * (taken[i]! / HIGHEST);
  }
  return { type: 'float32', dims: levels.dims, data };
}
