// The whole of training as one graph: an ONNX Loop over fiber batches whose body runs forward, the loss, the backward
// pass and Adam. Parameters and state never leave the device between steps. Where the device has no Loop, a number of
// steps is written down one after the other.
import { type AdamOptions, float32, Graph, gradients, int64, op, type Value } from '@cflow/onnx';
import { ConfigurationError } from '@cflow/spec';
import { carriedApart, carriedInRows } from './carried-state.js';
import type { Condition } from './coupling-block.js';
import {
  blockParameters,
  decoder,
  decoderPermutations,
  isOfFirstSubnet,
  joinParameters,
  logLikelihood,
  splitParameters,
} from './decoder.js';
import { type DecoderShape, permutationShapes, trainableShapes } from './decoder-shape.js';
import { axisEncoding, positionalEncoding } from './positional-encoding.js';

export interface TrainingGraphOptions {
  /** Height and width of the feature map: what positions count. */
  height: number;
  width: number;
  /** Fibers per optimizer step, N. Fixed in the graph; a last batch of another size is another graph. */
  fiberBatchSize: number;
  /**
   * Left out: every fiber of a batch may be of any position. Otherwise a batch covers a grid of positions, `rows` rows of
   * the map with all their columns, as often as makes N. Then the condition's products are those of a few rows and
   * columns and not of N fibers, which is a third of the arithmetic and more.
   */
  grid?: { rows: number } | undefined;
  /** Whether the first block's subnet is 0 and stays so: its parameters are no inputs then. Default false. */
  standardizing?: boolean | undefined;
  adam?: AdamOptions;
  /**
   * Whether Adam takes parameters of one size in one row, with the same numbers to the bit: for cards, which are held up by the number of
   * operators and not by what they move. Default false.
   */
  stateInRows?: boolean | undefined;
  /**
   * How many steps to write down one after the other, instead of a Loop over as many as `steps` says. For devices on
   * which ONNX Runtime has no kernel for Loop (WebGPU): it would run on the CPU, and the whole state would be copied
   * there and back in every step. Default: a Loop.
   */
  unrolledSteps?: number;
}

/** Prefixes of the names of Adam's state, and of what the graph returns. */
export const GRADIENT_SUM = 'gradient_sum.';
export const SQUARE_SUM = 'square_sum.';
export const NEXT = 'next.';

/**
 * Trains one decoder for a number of optimizer steps.
 *
 * Inputs:
 * - `features` float32 [fibers, C]: a block of features, as rows
 * - `order` int32 [steps, N]: which rows make each fiber batch
 * - `positions` int32 [steps, N]: the position `y · width + x` of each of those rows; absent without a condition.
 *   On a grid instead `map_rows` int32 [steps, rows]: which rows y each step covers; `order` then goes through groups, each
 *   with all of these rows in their order, each of them with all columns
 * - `steps` int64 scalar: how many steps to take; as many as `order` has. Absent when the steps are unrolled
 * - `step_sizes`, `epsilons` float32 [steps]: from `adamSteps`
 * - the parameters by their reference names, `gradient_sum.<name>` and `square_sum.<name>` for each trainable one
 *
 * Outputs: `next.<name>`, `next.gradient_sum.<name>`, `next.square_sum.<name>`, and `losses` float32 [steps], the mean of
 * -log σ(log-likelihood per dimension) over each fiber batch, before that batch's step.
 */
export function trainingGraph(shape: DecoderShape, options: TrainingGraphOptions): Graph {
  const { fiberBatchSize, standardizing = false, unrolledSteps } = options;
  const conditional = shape.conditionVector > 0;
  const graph = new Graph('training');
  const features = graph.input('features', 'float32', ['fibers', shape.channels]);
  const count = unrolledSteps ?? 'steps';
  const order = graph.input('order', 'int32', [count, fiberBatchSize]);
  const condition = conditional ? conditionInputs(graph, shape, options) : undefined;
  const steps = unrolledSteps === undefined ? graph.input('steps', 'int64', []) : unrolledSteps;
  const stepSizes = graph.input('step_sizes', 'float32', [count]);
  const epsilons = graph.input('epsilons', 'float32', [count]);
  const permutationInputs = new Map(
    permutationShapes(shape).map(([name, dims]) => [
      name,
      graph.input(name, shape.permuteSoft ? 'float32' : 'int64', dims),
    ]),
  );
  // What does not change from step to step is computed once, outside the loop.
  const permutations = decoderPermutations(shape, (name) => permutationInputs.get(name) as Value);
  const state = ['', GRADIENT_SUM, SQUARE_SUM].map((prefix) => {
    const inputs = trainedShapes(shape, standardizing).map(([name, dims]): [string, Value] => [
      prefix + name,
      graph.input(prefix + name, 'float32', dims),
    ]);
    return splitParameters(shape, new Map(inputs));
  });
  const names = state.flatMap((part) => [...part.keys()]);
  const parts = state.map((part) => [...part.values()]) as [Value[], Value[], Value[]];
  const flow = (options.stateInRows ? carriedInRows : carriedApart)(parts, options.adam);

  const step: TrainingStep = (body, iteration, carried) => {
    const parameters = flow.parameters(carried);
    const byName = new Map(parameters.map((value, i) => [names[i] as string, value]));
    const blocks = blockParameters(shape, (name) => byName.get(name) as Value, permutations, {
      standardizing,
    });
    const x = op.Transpose(op.Gather(features, op.Gather(order, iteration)), [1, 0]);
    const { z, logDeterminant } = decoder(body, x, condition?.(iteration), blocks, shape.clampAlpha);
    // -log σ(p) = softplus(-p)
    const losses = op.Softplus(op.Neg(logLikelihood(z, logDeterminant)));
    const loss = op.ReduceMean(losses, [0]);
    const sizes = {
      stepSize: op.Gather(stepSizes, iteration),
      epsilon: op.Gather(epsilons, iteration),
    };
    return { carried: flow.update(carried, gradients(loss, parameters), sizes), scanned: [loss] };
  };

  const { carried, losses } =
    typeof steps === 'number'
      ? unrolled(graph, steps, flow.initial, step)
      : looped(steps, flow.initial, step);
  const results = new Map(flow.results(carried).map((value, i) => [names[i] as string, value]));
  for (const [name, value] of joinParameters(results)) graph.output(NEXT + name, value);
  graph.output('losses', losses);
  return graph;
}

/** The parameters that training changes. */
export function trainedShapes(shape: DecoderShape, standardizing: boolean): [name: string, dims: number[]][] {
  return trainableShapes(shape).filter(([name]) => !(standardizing && isOfFirstSubnet(name)));
}

/** One optimizer step: what it starts from, in the graph that it belongs to, and what the next one starts from. */
type TrainingStep = (
  body: Graph,
  iteration: Value,
  carried: readonly Value[],
) => { carried: Value[]; scanned: [loss: Value] };

interface Trained {
  carried: readonly Value[];
  /** [steps] */
  losses: Value;
}

function looped(steps: Value, initial: readonly Value[], step: TrainingStep): Trained {
  const { carried, scanned } = op.Loop(steps, initial, step);
  return { carried, losses: scanned[0] as Value };
}

function unrolled(graph: Graph, steps: number, initial: readonly Value[], step: TrainingStep): Trained {
  let carried = initial;
  const losses: Value[] = [];
  for (let index = 0; index < steps; index++) {
    graph.scope(`step${index}`, () => {
      // A scalar, as the iteration of a Loop is, so that what is gathered loses the axis of the steps.
      const iteration = graph.constant(int64([], [index]), 'iteration');
      const result = step(graph, iteration, carried);
      carried = result.carried;
      losses.push(op.Reshape(result.scanned[0], [1]));
    });
  }
  return { carried, losses: op.Concat(losses, 0) };
}

/** Declares the input that says where fibers are; gives the condition of one iteration. */
function conditionInputs(
  graph: Graph,
  { conditionVector }: DecoderShape,
  { height, width, fiberBatchSize, grid, unrolledSteps }: TrainingGraphOptions,
): (iteration: Value) => Condition {
  const steps = unrolledSteps ?? 'steps';
  if (!grid) {
    const positions = graph.input('positions', 'int32', [steps, fiberBatchSize]);
    const encoding = graph.constant(
      float32([height * width, conditionVector], positionalEncoding(conditionVector, height, width)),
      'positional_encoding',
    );
    return (iteration) => op.Gather(encoding, op.Gather(positions, iteration));
  }
  const groups = fiberBatchSize / (grid.rows * width);
  if (!Number.isInteger(groups) || groups < 1) {
    throw new ConfigurationError(
      `a fiber batch of ${fiberBatchSize} is not a multiple of a grid of ${grid.rows} rows and ${width} columns`,
      { details: { fiberBatchSize, rows: grid.rows, columns: width } },
    );
  }
  const mapRows = graph.input('map_rows', 'int32', [steps, grid.rows]);
  const axis = (length: number, name: string): Value =>
    op.Transpose(
      graph.constant(float32([length, conditionVector / 2], axisEncoding(conditionVector, length)), name),
      [1, 0],
    );
  const columns = axis(width, 'column_encoding');
  const rows = axis(height, 'row_encoding');
  return (iteration) => ({ columns, rows: op.Gather(rows, op.Gather(mapRows, iteration), 1), groups });
}
