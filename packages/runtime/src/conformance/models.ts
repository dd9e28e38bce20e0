// The graphs of the conformance suite. Each is one line of mathematics, so that what it must give is plain.
import { type DataType, Graph, op, type Shape, type Tensor, type Value, writeModel } from '@cflow/onnx';

function model(name: string, build: (graph: Graph) => Record<string, Value>): Uint8Array {
  const graph = new Graph(name);
  for (const [output, value] of Object.entries(build(graph))) graph.output(output, value);
  return writeModel(graph);
}

/** y = x */
export function identityModel(type: DataType, shape: Shape): Uint8Array {
  return model('identity', (graph) => ({ y: op.Identity(graph.input('x', type, shape)) }));
}

/** sum = a + b, product = a * b; a and b [batch, 3] */
export function arithmeticModel(): Uint8Array {
  return model('arithmetic', (graph) => {
    const a = graph.input('a', 'float32', ['batch', 3]);
    const b = graph.input('b', 'float32', ['batch', 3]);
    return { sum: op.Add(a, b), product: op.Mul(a, b) };
  });
}

/** y = exp(x) [n] */
export function exponentialModel(): Uint8Array {
  return model('exponential', (graph) => ({ y: op.Exp(graph.input('x', 'float32', ['n'])) }));
}

/** y = x doubled `count` times; x [2], count a scalar int64 */
export function doublingLoopModel(): Uint8Array {
  return model('doubling', (graph) => {
    const x = graph.input('x', 'float32', [2]);
    const count = graph.input('count', 'int64', []);
    const { carried } = op.Loop(count, [x], (_, __, [before]) => ({
      carried: [op.Add(before as Value, before as Value)],
    }));
    return { y: carried[0] as Value };
  });
}

/** y = x multiplied `count` times by a rotation-like matrix: as long a run as one likes; x [size, size] */
export function slowModel(size: number): Uint8Array {
  return model('slow', (graph) => {
    const x = graph.input('x', 'float32', [size, size]);
    const count = graph.input('count', 'int64', []);
    const matrix = graph.constant({
      type: 'float32',
      dims: [size, size],
      data: Float32Array.from({ length: size * size }, (_, i) => (((i * 7) % 13) - 6) / (6 * size)),
    });
    const { carried } = op.Loop(count, [x], (_, __, [before]) => ({
      carried: [op.MatMul(before as Value, matrix)],
    }));
    return { y: carried[0] as Value };
  });
}

/** y = x + w, where w [4] lies in another file after 8 bytes of something else */
export function externalModel(location: string): { model: Uint8Array; data: Uint8Array; weights: number[] } {
  const weights = [10, 20, 30, 40];
  const data = new Uint8Array(8 + 16);
  data.set(new Uint8Array(Float32Array.from(weights).buffer), 8);
  const graph = new Graph('external');
  const w = graph.constant({ type: 'float32', dims: [4], data: Float32Array.from(weights) }, 'w');
  graph.output('y', op.Add(graph.input('x', 'float32', [4]), w));
  const ranges = new Map([[w.name, { offset: 8, length: 16 }]]);
  return { model: writeModel(graph, { external: { location, ranges } }), data, weights };
}

export function vector(...values: number[]): Tensor {
  return { type: 'float32', dims: [values.length], data: Float32Array.from(values) };
}

export function count(value: number): Tensor {
  return { type: 'int64', dims: [], data: BigInt64Array.of(BigInt(value)) };
}
