import { type DecoderShape, trainableShapes } from '@cflow/model';
import { Graph, gradients, op, type Tensor, type Value } from '@cflow/onnx';
import { referenceLogLikelihood } from '../reference-block.js';

/** Prefixes of the names of Adam's running means, and of what the graph returns. */
export const MEAN = 'exp_avg.';
export const SQUARE_MEAN = 'exp_avg_sq.';
export const NEXT = 'next.';

/** Adam's defaults, in the reference and here. */
export const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;

/**
 * Training as the reference does it, as an ONNX Loop over fiber batches: the weights whole, the condition beside the
 * features in every product, permutations as dense matrices in forward and backward pass, Adam as it is written down.
 *
 * Inputs: `features` [fibers, C], `condition` [fibers, P], `order` int32 [steps, N], `steps`, the parameters, their
 * running means, and per step `corrections` 1 - β₁ᵗ and `square_corrections` 1 - β₂ᵗ. Outputs: `next.<name>` of each
 * trained tensor, `losses` [steps].
 */
export function referenceTrainingGraph(
  shape: DecoderShape,
  fiberBatchSize: number,
  learningRate: number,
  permutations: ReadonlyMap<string, Tensor>,
): Graph {
  const graph = new Graph('reference');
  const features = graph.input('features', 'float32', ['fibers', shape.channels]);
  const conditions = graph.input('condition', 'float32', ['fibers', shape.conditionVector]);
  const order = graph.input('order', 'int32', ['steps', fiberBatchSize]);
  const steps = graph.input('steps', 'int64', []);
  const corrections = graph.input('corrections', 'float32', ['steps']);
  const squareCorrections = graph.input('square_corrections', 'float32', ['steps']);
  const shapes = ['', MEAN, SQUARE_MEAN].flatMap((prefix) =>
    trainableShapes(shape).map(([name, dims]) => [prefix + name, dims] as const),
  );
  const constants = new Map([...permutations].map(([name, tensor]) => [name, graph.constant(tensor, name)]));
  const names = shapes.map(([name]) => name);
  const initial = shapes.map(([name, dims]) => graph.input(name, 'float32', dims));
  const count = initial.length / 3;
  const loop = op.Loop(steps, initial, (_body, iteration, carried) => {
    const known = new Map(names.map((name, i) => [name, carried[i] as Value]));
    const get = (name: string): Value => (known.get(name) ?? constants.get(name)) as Value;
    const rows = op.Gather(order, iteration);
    const [x, condition] = [op.Gather(features, rows), op.Gather(conditions, rows)];
    const logLikelihood = referenceLogLikelihood(x, condition, shape.couplingBlocks, shape.clampAlpha, get);
    // -log σ(p) = softplus(-p)
    const loss = op.ReduceMean(op.Softplus(op.Neg(logLikelihood)), [0]);
    const updates = gradients(loss, carried.slice(0, count)).map((gradient, i) =>
      adam(
        [carried[i], carried[count + i], carried[2 * count + i]] as [Value, Value, Value],
        gradient,
        op.Gather(corrections, iteration),
        op.Gather(squareCorrections, iteration),
        learningRate,
      ),
    );
    return {
      carried: [0, 1, 2].flatMap((part) => updates.map((update) => update[part] as Value)),
      scanned: [loss],
    };
  });
  loop.carried.forEach((value, i) => {
    graph.output(NEXT + names[i], value);
  });
  graph.output('losses', loop.scanned[0] as Value);
  return graph;
}

/** m ← β₁m + (1-β₁)g, v ← β₂v + (1-β₂)g², p ← p - lr · m̂ / (√v̂ + ε) (Kingma and Ba, 2015). */
function adam(
  [parameter, mean, squareMean]: [Value, Value, Value],
  gradient: Value,
  correction: Value,
  squareCorrection: Value,
  learningRate: number,
): [Value, Value, Value] {
  const { graph } = parameter;
  const mix = (old: Value, beta: number, fresh: Value): Value =>
    op.Add(op.Mul(old, graph.scalar(beta)), op.Mul(fresh, graph.scalar(1 - beta)));
  const nextMean = mix(mean, ADAM.beta1, gradient);
  const nextSquareMean = mix(squareMean, ADAM.beta2, op.Mul(gradient, gradient));
  const denominator = op.Add(op.Sqrt(op.Div(nextSquareMean, squareCorrection)), graph.scalar(ADAM.epsilon));
  const direction = op.Div(op.Div(nextMean, correction), denominator);
  return [op.Sub(parameter, op.Mul(direction, graph.scalar(learningRate))), nextMean, nextSquareMean];
}
