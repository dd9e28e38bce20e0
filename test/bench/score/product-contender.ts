import { float32, Graph, op, type Value, writeModel } from '@cflow/onnx';
import { randomTensor } from '../../../packages/model/src/testing/random-decoder.js';
import { type Contender, timed } from '../alternate.js';
import type { ScorePlace } from './score-contenders.js';

const SIZE = 1024;
const PRODUCTS = 4;

/**
 * How fast the machine is at most: large matrix products in the same runtime, on the same threads. The time is that of
 * as many multiplications as the case has, so that the ratio is the share of the peak that is reached.
 */
export async function productContender({ runtime, scoreCase, setup }: ScorePlace): Promise<Contender> {
  const graph = new Graph('product');
  const x = graph.input('x', 'float32', [SIZE, SIZE]);
  // Sums of so many products stay of the order of 1.
  const weight = randomTensor([SIZE, SIZE], 1).data.map((value) => value / Math.sqrt(SIZE));
  const constant = graph.constant(float32([SIZE, SIZE], weight), 'weight');
  let y: Value = x;
  for (let index = 0; index < PRODUCTS; index++) y = op.MatMul(y, constant);
  graph.output('y', op.ReduceMax(y, [0, 1]));
  const session = await runtime.createSession({ model: writeModel(graph) });
  const feeds = { x: randomTensor([SIZE, SIZE], 2) };
  const share = (setup.multiplications * scoreCase.batch) / (PRODUCTS * SIZE ** 3);
  return {
    name: 'as many multiplications in large matrix products (the peak)',
    run: async () => share * (await timed(() => session.run(feeds))),
  };
}
