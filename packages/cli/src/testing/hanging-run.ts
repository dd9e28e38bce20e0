// Runs a graph that takes for ever, as a driver that hangs does, in the way in which all commands run what can be stopped.
import { Graph, op, type Value, writeModel } from '@cflow/onnx';
import { createNodeRuntime } from '@cflow/runtime/node';
import { interruptible } from '../interruptible.js';

const SIZE = 64;

function endless(): Uint8Array {
  const graph = new Graph('endless');
  const x = graph.input('x', 'float32', [SIZE, SIZE]);
  const { carried } = op.Loop(graph.input('count', 'int64', []), [x], (_, __, [before]) => ({
    carried: [op.MatMul(before as Value, before as Value)],
  }));
  graph.output('y', carried[0] as Value);
  return writeModel(graph);
}

const [, , mostMs] = process.argv;
await interruptible(
  async () => {
    const runtime = createNodeRuntime({ device: 'cpu', threads: 1 });
    const session = await runtime.createSession({ model: endless() });
    const x = { type: 'float32' as const, dims: [SIZE, SIZE], data: new Float32Array(SIZE * SIZE) };
    const count = { type: 'int64' as const, dims: [], data: BigInt64Array.of(2n ** 40n) };
    const running = session.run({ x, count });
    process.stdout.write('runs\n');
    await running;
  },
  mostMs === undefined ? {} : { mostMs: Number(mostMs) },
);
