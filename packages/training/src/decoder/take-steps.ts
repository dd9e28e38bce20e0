import { NEXT } from '@cflow/model';
import { float32, int64, type Tensor } from '@cflow/onnx';
import type { Session } from '@cflow/runtime';
import type { Device } from '@cflow/spec';

/**
 * Optimizer steps in one graph on devices for which ONNX Runtime has no Loop. Each call copies the whole state to the
 * device and back, which so many steps share; more would take longer to make ready than they save.
 */
export const UNROLLED_STEPS = 4;

/** Whether steps are written down one after the other there, since a Loop would run on the CPU. */
export function isUnrolled(device: Device): boolean {
  return device === 'webgpu';
}

/**
 * Whether Adam takes parameters of one size in one row there: a card is held up by the number of operators, and a processor by what they
 * move, of which cutting a row and putting it together is more.
 */
export function stateInRows(device: Device): boolean {
  return device === 'cuda';
}

/** What a group of optimizer steps of one decoder starts from. */
export interface Steps {
  /** Parameters, permutations and Adam's moments by name. */
  tensors: ReadonlyMap<string, Tensor>;
  /** Rows, [fibers, C]. */
  features: Float32Array;
  channels: number;
  /** Positions of the feature map, h · w, which rows go through in turn; 0 for a decoder without a condition. */
  area: number;
  /** Fibers per step, N. */
  size: number;
  steps: number;
  /** Which rows make each step: [steps, N]. */
  order: Int32Array;
  /** Where batches cover a grid: the rows of the map that each covers, [steps, rows]. */
  mapRows?: Int32Array | undefined;
  /** From `adamSteps`, one per step. */
  stepSizes: Float32Array;
  epsilons: Float32Array;
}

/** Outputs of the training graph: the next state, and `losses` [steps]. */
export type StepResults = Record<string, Tensor>;

/** All steps in one call of the graph with a Loop. */
export async function takeLoopedSteps(session: Session, group: Steps): Promise<StepResults> {
  return session.run({ ...feeds(group), steps: int64([], [group.steps]) });
}

/** The same steps by graphs of `UNROLLED_STEPS` and, for what is left, of one. */
export async function takeUnrolledSteps(
  open: (steps: number) => Promise<Session>,
  group: Steps,
): Promise<StepResults> {
  const tensors = new Map(group.tensors);
  const losses = new Float32Array(group.steps);
  let results: StepResults = {};
  for (let start = 0; start < group.steps; ) {
    const steps = group.steps - start >= UNROLLED_STEPS ? UNROLLED_STEPS : 1;
    const session = await open(steps);
    results = await session.run(feeds(part({ ...group, tensors }, start, steps)));
    losses.set((results.losses as Tensor).data as Float32Array, start);
    for (const [name, tensor] of Object.entries(results)) {
      if (name.startsWith(NEXT)) tensors.set(name.slice(NEXT.length), tensor);
    }
    start += steps;
  }
  return { ...results, losses: float32([group.steps], losses) };
}

function feeds(group: Steps) {
  const { tensors, features, channels, size, steps, order, stepSizes, epsilons } = group;
  return {
    ...Object.fromEntries(tensors),
    features: { type: 'float32', dims: [features.length / channels, channels], data: features },
    order: { type: 'int32', dims: [steps, size], data: order },
    ...places(group),
    step_sizes: { type: 'float32', dims: [steps], data: stepSizes },
    epsilons: { type: 'float32', dims: [steps], data: epsilons },
  } satisfies Record<string, Tensor>;
}

/** Where the fibers are, for a decoder that is conditioned on it. */
function places({ area, steps, size, order, mapRows }: Steps): Record<string, Tensor> {
  if (area === 0) return {};
  if (mapRows) return { map_rows: { type: 'int32', dims: [steps, mapRows.length / steps], data: mapRows } };
  return { positions: { type: 'int32', dims: [steps, size], data: order.map((row) => row % area) } };
}

function part(group: Steps, start: number, steps: number): Steps {
  const { size, order, mapRows, stepSizes, epsilons } = group;
  const rows = mapRows ? mapRows.length / group.steps : 0;
  const end = start + steps;
  return {
    ...group,
    steps,
    // Copies, not views: what crosses threads goes with the whole of its buffer.
    order: order.slice(start * size, end * size),
    mapRows: mapRows?.slice(start * rows, end * rows),
    stepSizes: stepSizes.slice(start, end),
    epsilons: epsilons.slice(start, end),
  };
}
