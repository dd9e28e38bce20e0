// Two small graphs that a device must get right before it is trusted with anything. Their expected outputs were
// computed in double precision; the test beside this file computes them again.
import type { Graph, op, Tensor } from '@cflow/onnx';
import type { GoldenProbe } from './golden-probe.js';

export interface DeviceProbe {
  name: string;
  /** An ONNX model. */
  model: Uint8Array;
  /** Whether every operator must run on the device itself. */
  strictDevice: boolean;
  probe: GoldenProbe;
}

/** Wide enough for CUDA's TF32 products (10 bits), narrow enough that no wrong index or lost term gets through. */
const TOLERANCE = { absoluteTolerance: 5e-3, relativeTolerance: 5e-3 };

export const PROBE_SHAPES = {
  image: [1, 3, 4, 4],
  kernel: [2, 3, 3, 3],
  columns: [4, 3],
  state: [2, 4],
  transition: [4, 4],
} as const;

/** The order in which the first graph gathers its columns. */
export const PROBE_ORDER: readonly number[] = [3, 1, 0, 2];
export const PROBE_ITERATIONS = 3;

/** Exact in half precision and the same in every engine, unlike sines. */
export function probeNumbers(dims: readonly number[], step: number): Float32Array {
  const count = dims.reduce((product, dim) => product * dim, 1);
  return Float32Array.from({ length: count }, (_, i) => (((i * step) % 19) - 9) / 16);
}

const tensor = (dims: readonly number[], step: number): Tensor => ({
  type: 'float32',
  dims,
  data: probeNumbers(dims, step),
});

/** The graph builder is loaded only when a device is tested. */
export async function deviceProbes(): Promise<readonly DeviceProbe[]> {
  const onnx = await import('@cflow/onnx');
  const arithmetic = new onnx.Graph('device-probe');
  buildArithmetic(arithmetic, onnx.op);
  const loop = new onnx.Graph('device-probe-loop');
  buildLoop(loop, onnx.op);
  return [
    {
      name: 'arithmetic',
      model: onnx.writeModel(arithmetic),
      strictDevice: true,
      probe: {
        feeds: { image: tensor(PROBE_SHAPES.image, 7) },
        expected: { sums: { type: 'float32', dims: [1, 2, 3], data: Float32Array.from(EXPECTED_SUMS) } },
        ...TOLERANCE,
      },
    },
    {
      name: 'loop',
      model: onnx.writeModel(loop),
      // Loop itself has no kernel on webgpu: only what is inside it runs there.
      strictDevice: false,
      probe: {
        feeds: { state: tensor(PROBE_SHAPES.state, 5) },
        expected: { state_out: { type: 'float32', dims: [2, 4], data: Float32Array.from(EXPECTED_STATE) } },
        ...TOLERANCE,
      },
    },
  ];
}

const EXPECTED_SUMS = [-0.007787, -2.152341, 1.206885, -0.289267, -2.326077, 1.126743];
const EXPECTED_STATE = [-0.467987, -0.305593, 0.433457, 0.472941, -0.441633, -0.217263, 0.495208, 0.5149];

function buildArithmetic(graph: Graph, { Conv, Exp, Gather, MatMul, ReduceSum, Tanh }: typeof op): void {
  const image = graph.input('image', 'float32', PROBE_SHAPES.image);
  const kernel = graph.constant(tensor(PROBE_SHAPES.kernel, 11), 'kernel');
  const columns = graph.constant(tensor(PROBE_SHAPES.columns, 3), 'columns');
  const order = graph.int64s(PROBE_ORDER);
  const features = Exp(Tanh(Conv(image, kernel, undefined, { pads: [1, 1, 1, 1] })));
  graph.output('sums', ReduceSum(MatMul(Gather(features, order, 3), columns), [2]));
}

function buildLoop(graph: Graph, { Add, Loop, MatMul, Tanh }: typeof op): void {
  const state = graph.input('state', 'float32', PROBE_SHAPES.state);
  const transition = graph.constant(tensor(PROBE_SHAPES.transition, 13), 'transition');
  const count = graph.constant({ type: 'int64', dims: [], data: BigInt64Array.of(BigInt(PROBE_ITERATIONS)) });
  const { carried } = Loop(count, [state], (_, __, [before]) => ({
    carried: [Add(Tanh(MatMul(before!, transition)), state)],
  }));
  graph.output('state_out', carried[0]!);
}
