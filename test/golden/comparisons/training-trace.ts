// Three training steps of the reference on three layers, compared after every recorded optimizer step. Within a
// training step the reference goes through the layers in turn; recorded steps are counted over all layers, so one may
// lie in the middle of a layer's fiber batches.
import {
  type DecoderShape,
  GRADIENT_SUM,
  NEXT,
  permutationShapes,
  SQUARE_SUM,
  trainableShapes,
  trainingGraph,
} from '@cflow/model';
import { adamSteps } from '@cflow/onnx';
import { isUnrolled, stateInRows } from '../../../packages/training/src/decoder/take-steps.js';
import { channelsLast } from '../channels-last.js';
import { type Comparison, type ComparisonSource, largestDifference, largestShare } from '../comparison.js';
import type { GoldenFile } from '../golden-set.js';
import { goldenDevice, type OpenGraph, openGraph, type Tensors, values } from '../run-graph.js';

interface Variant {
  name: string;
  lr: number;
  /** Fibers per optimizer step; the last batch of a layer takes the remainder. */
  fiberBatchSize: number;
}

const VARIANTS: readonly Variant[] = [
  { name: 'lr1e-4', lr: 1e-4, fiberBatchSize: 16 },
  { name: 'lr2e-3', lr: 2e-3, fiberBatchSize: 16 },
  { name: 'rem10_lr2e-3', lr: 2e-3, fiberBatchSize: 10 },
];
/** The reference under `zero_grad(set_to_none=False)`: another optimization, which ours must not be. */
const ZERO_GRADIENTS = 'zerograd0_lr2e-3';
/** All variants took the fibers in the same order. */
const ORDER = 'lr2e-3.perm';

const TRAINING_STEPS = 3;
const LAYERS = [
  { channels: 16, size: 8 },
  { channels: 32, size: 4 },
  { channels: 64, size: 2 },
] as const;

export const trainingTraceComparisons: ComparisonSource = (set) => {
  if (!set.has('train_trace')) return [];
  const file = set.file('train_trace');
  return VARIANTS.filter(({ name }) => file.names.some((tensor) => tensor.startsWith(`${name}.after`))).map(
    (variant) => ({ name: `training trace, ${variant.name}`, compare: () => compare(file, variant) }),
  );
};

async function compare(file: GoldenFile, variant: Variant): Promise<Comparison[]> {
  const recorded = recordedSteps(file, variant.name);
  const controls = variant.name === 'lr2e-3' ? recordedSteps(file, ZERO_GRADIENTS) : [];
  const layers = LAYERS.map((_, layer) => new LayerTraining(file, layer, variant));
  const comparisons: Comparison[] = [];
  const losses: number[] = [];

  const parameters = (recording: string): number =>
    Math.max(...layers.map((layer) => layer.difference(recording)));
  const stops = [...recorded];
  for (let trainingStep = 0; trainingStep < TRAINING_STEPS; trainingStep++) {
    for (const layer of layers) {
      const batches = layer.fiberBatches(trainingStep);
      while (batches.length > 0) {
        const untilStop = (stops[0] ?? Number.POSITIVE_INFINITY) - losses.length;
        losses.push(...(await layer.train(trainingStep, batches.splice(0, sameSize(batches, untilStop)))));
        const step = losses.length;
        if (step !== stops[0]) continue;
        stops.shift();
        const name = `parameters after step ${step}`;
        comparisons.push({
          name,
          largestDifference: parameters(`${variant.name}.after${step}`),
          tolerance: 2e-5,
        });
        if (controls.includes(step)) {
          comparisons.push({
            name: `${name}, gradients zeroed instead of dropped`,
            largestDifference: parameters(`${ZERO_GRADIENTS}.after${step}`),
            tolerance: 1e-2,
            wanted: 'differs',
          });
        }
      }
    }
  }
  if (stops.length > 0) throw new Error(`${variant.name} has no step ${stops[0]}`);
  comparisons.unshift({
    name: `losses of all ${losses.length} steps`,
    largestDifference: largestDifference(losses, file.expected(`${variant.name}.loss_mean`)),
    tolerance: 1e-6,
  });
  if (file.names.some((name) => name.startsWith(`${variant.name}.adam_end.`))) {
    comparisons.push(...adamComparisons(layers, variant.name));
  }
  await Promise.all(layers.map((layer) => layer.release()));
  return comparisons;
}

/** Ours are sums over past gradients, the recorded ones running means: (1 - beta) times the sum. */
const MOMENTS = [
  { ours: GRADIENT_SUM, recorded: 'exp_avg', share: 1 - 0.9 },
  { ours: SQUARE_SUM, recorded: 'exp_avg_sq', share: 1 - 0.999 },
] as const;

function adamComparisons(layers: readonly LayerTraining[], variant: string): Comparison[] {
  return MOMENTS.map((moment) => ({
    name: `Adam's ${moment.recorded} at the end`,
    largestDifference: Math.max(...layers.map((layer) => layer.momentDifference(moment, variant))),
    tolerance: 1e-5,
  }));
}

/** The steps after which the parameters were recorded, in order. */
function recordedSteps(file: GoldenFile, variant: string): number[] {
  const prefix = `${variant}.after`;
  const steps = file.names
    .filter((name) => name.startsWith(prefix))
    .map((name) => Number.parseInt(name.slice(prefix.length), 10));
  return [...new Set(steps)].sort((a, b) => a - b);
}

/** How many batches at the front can be taken in one go: at most `limit`, all of one size. */
function sameSize(batches: readonly (readonly number[])[], limit: number): number {
  const other = batches.findIndex((batch) => batch.length !== batches[0]?.length);
  return Math.min(other < 0 ? batches.length : other, limit);
}

/** One layer's decoder on its way. */
class LayerTraining {
  readonly #file: GoldenFile;
  readonly #layer: number;
  readonly #variant: Variant;
  readonly #shape: DecoderShape;
  readonly #state: Tensors = {};
  /** One graph for each size of fiber batch, and for each number of steps where they are unrolled. */
  readonly #graphs: Map<string, OpenGraph> = new Map();
  #stepsTaken = 0;

  constructor(file: GoldenFile, layer: number, variant: Variant) {
    this.#file = file;
    this.#layer = layer;
    this.#variant = variant;
    this.#shape = {
      kind: 'freia-cflow',
      channels: (LAYERS[layer] as (typeof LAYERS)[number]).channels,
      conditionVector: 32,
      couplingBlocks: 2,
      clampAlpha: 1.9,
      permuteSoft: false,
    };
    for (const [name, dims] of trainableShapes(this.#shape)) {
      const initial = file.tensor(`init.decoders.${layer}.${name}`);
      this.#state[name] = initial;
      for (const moment of [GRADIENT_SUM, SQUARE_SUM]) {
        this.#state[moment + name] = { type: 'float32', dims, data: new Float32Array(initial.data.length) };
      }
    }
    for (const [name] of permutationShapes(this.#shape)) {
      this.#state[name] = file.tensor(`init.decoders.${layer}.${name}`);
    }
  }

  /** The rows of each fiber batch of a training step. */
  fiberBatches(trainingStep: number): number[][] {
    const order = this.#file.tensor(`${ORDER}.step${trainingStep}.layer${this.#layer}`).data as BigInt64Array;
    const rows = Array.from(order, Number);
    const size = this.#variant.fiberBatchSize;
    const count = Math.floor(rows.length / size);
    return Array.from({ length: count }, (_, index) =>
      rows.slice(index * size, index === count - 1 ? rows.length : (index + 1) * size),
    );
  }

  /** Takes one optimizer step per fiber batch, all of one size. Returns the losses. */
  async train(trainingStep: number, batches: readonly (readonly number[])[]): Promise<Float32Array> {
    const steps = batches.length;
    const fibers = (batches[0] as readonly number[]).length;
    const { stepSizes, epsilons } = adamSteps(
      new Array<number>(steps).fill(this.#variant.lr),
      this.#stepsTaken + 1,
    );
    const { size } = LAYERS[this.#layer] as (typeof LAYERS)[number];
    const rows = batches.flat();
    const unrolled = isUnrolled(goldenDevice()) ? steps : undefined;
    const outputs = await (await this.#graph(fibers, unrolled)).run({
      ...this.#state,
      features: channelsLast(this.#file.tensor(`features.step${trainingStep}.layer${this.#layer}`)),
      order: { type: 'int32', dims: [steps, fibers], data: Int32Array.from(rows) },
      positions: {
        type: 'int32',
        dims: [steps, fibers],
        data: Int32Array.from(rows, (row) => row % (size * size)),
      },
      ...(unrolled === undefined && {
        steps: { type: 'int64', dims: [], data: BigInt64Array.of(BigInt(steps)) } as const,
      }),
      step_sizes: { type: 'float32', dims: [steps], data: stepSizes },
      epsilons: { type: 'float32', dims: [steps], data: epsilons },
    });
    this.#stepsTaken += steps;
    for (const [name, tensor] of Object.entries(outputs)) {
      if (name.startsWith(NEXT)) this.#state[name.slice(NEXT.length)] = tensor;
    }
    return values(outputs, 'losses');
  }

  /** Largest difference of any parameter to a recording such as `lr2e-3.after10`. */
  difference(recording: string): number {
    return this.#worst((name) =>
      largestDifference(values(this.#state, name), this.#file.expected(`${recording}.${this.#path(name)}`)),
    );
  }

  momentDifference({ ours, recorded, share }: (typeof MOMENTS)[number], variant: string): number {
    return this.#worst((name) =>
      largestShare(
        values(this.#state, ours + name).map((sum) => sum * share),
        this.#file.expected(`${variant}.adam_end.${recorded}.${this.#path(name)}`),
      ),
    );
  }

  async release(): Promise<void> {
    for (const graph of this.#graphs.values()) await graph.release();
  }

  #path(name: string): string {
    return `decoders.${this.#layer}.${name}`;
  }

  #worst(differenceOf: (name: string) => number): number {
    return Math.max(...trainableShapes(this.#shape).map(([name]) => differenceOf(name)));
  }

  async #graph(fiberBatchSize: number, unrolledSteps: number | undefined): Promise<OpenGraph> {
    const key = `${fiberBatchSize} ${unrolledSteps}`;
    const known = this.#graphs.get(key);
    if (known) return known;
    const { size } = LAYERS[this.#layer] as (typeof LAYERS)[number];
    const graph = await openGraph(
      trainingGraph(this.#shape, {
        height: size,
        width: size,
        fiberBatchSize,
        stateInRows: stateInRows(goldenDevice()),
        ...(unrolledSteps !== undefined && { unrolledSteps }),
      }),
    );
    this.#graphs.set(key, graph);
    return graph;
  }
}
