import { randomPermutation, randomStream } from '@cflow/model';
import { float32, Graph, op, type Tensor, writeModel } from '@cflow/onnx';
import type { Runtime } from '@cflow/runtime';

export interface CoresetOptions {
  runtime: Runtime;
  /** [count, components] */
  rows: Float32Array;
  components: number;
  /** Rows to choose, at most. */
  size: number;
  seed: number;
  signal: AbortSignal;
}

/** Rows that are chosen in one round, each from a group of its own. */
const GROUPS = 8;

/**
 * Rows that stand for all: the greedy k-center, which takes the row that is farthest from all that are chosen, again and
 * again (Gonzalez, 1985; PatchCore, Roth et al., CVPR 2022). Rows are dealt to eight groups, and each round takes the
 * farthest of each group, so that one product of matrices serves eight.
 *
 * @returns indices of the chosen rows, in the order in which they were chosen
 */
export async function coreset({
  runtime,
  rows,
  components,
  size,
  seed,
  signal,
}: CoresetOptions): Promise<Int32Array> {
  const all = rows.length / components;
  if (all <= size) return Int32Array.from({ length: all }, (_, i) => i);
  const order = randomPermutation(randomStream(seed, 'memory/coreset'), all);
  const perGroup = Math.floor(all / GROUPS);
  const count = perGroup * GROUPS;
  const dealt = new Float32Array(count * components);
  for (let i = 0; i < count; i++) {
    const from = order[i]! * components;
    dealt.set(rows.subarray(from, from + components), i * components);
  }
  const session = await runtime.createSession({ model: writeModel(distanceGraph(dealt, count, components)) });
  try {
    const chosen = new Int32Array(size);
    let distance: Float32Array = new Float32Array(count).fill(Number.MAX_VALUE);
    for (let done = 0; done < size; done += GROUPS) {
      signal.throwIfAborted();
      const picks = farthest(distance, perGroup);
      const centers = new Float32Array(GROUPS * components);
      picks.forEach((pick, g) => {
        centers.set(dealt.subarray(pick * components, (pick + 1) * components), g * components);
        if (done + g < size) chosen[done + g] = order[pick]!;
      });
      const outputs = await session.run({
        centers: float32([GROUPS, components], centers),
        distance: float32([count], distance),
      });
      distance = (outputs.nearer as Tensor).data as Float32Array;
      // A row that was chosen is at no distance, whatever rounding says.
      for (const pick of picks) distance[pick] = Number.NEGATIVE_INFINITY;
    }
    return chosen;
  } finally {
    await session.dispose();
  }
}

/** Squared distance of each row to the nearest chosen one, given that to those before and eight more. */
function distanceGraph(rows: Float32Array, count: number, components: number): Graph {
  const graph = new Graph('coreset');
  const all = graph.constant(float32([count, components], rows), 'rows');
  const squares = op.ReduceSum(op.Mul(all, all), [1]);
  const centers = graph.input('centers', 'float32', [GROUPS, components]);
  const before = graph.input('distance', 'float32', [count]);
  const doubled = op.Transpose(op.Mul(centers, graph.scalar(2)), [1, 0]);
  const closeness = op.Sub(op.MatMul(all, doubled), op.ReduceSum(op.Mul(centers, centers), [1]));
  graph.output('nearer', op.Min(before, op.Sub(squares, op.ReduceMax(closeness, [1]))));
  return graph;
}

/** Of each group the index of its farthest row. */
function farthest(distance: Float32Array, perGroup: number): number[] {
  return Array.from({ length: GROUPS }, (_, group) => {
    let best = group * perGroup;
    for (let i = best + 1; i < (group + 1) * perGroup; i++) if (distance[i]! > distance[best]!) best = i;
    return best;
  });
}
