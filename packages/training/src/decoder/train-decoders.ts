import { blockSizes, type DecoderShape, initialParameters } from '@cflow/model';
import type { Tensor } from '@cflow/onnx';
import type { Runtime } from '@cflow/runtime';
import type { DetectorConfiguration } from '@cflow/spec';
import { layerFiberBatch } from '../batches/layer-steps.js';
import type { OnTrainingEvent } from '../events.js';
import type { FeatureSource } from '../features/feature-source.js';
import type { TrainingPlan } from '../plan/plan.js';
import type { DetectorLayer } from '../prepare/prepare-run.js';
import type { TrainingDevice } from '../prepare/training-device.js';
import { type Checkpoint, type CheckpointStore, type EpochRecord, initialProgress } from './checkpoint.js';
import { initialState } from './decoder-state.js';
import { DecoderTrainer } from './decoder-trainer.js';
import { shareOut } from './lanes.js';
import { normalizeDecoder } from './normalize-decoder.js';
import { type TrainLayerOptions, trainLayerEpoch } from './train-layer.js';
import { epochCost, TrainingClock } from './training-clock.js';

export interface TrainDecodersOptions {
  layers: readonly DetectorLayer[];
  configuration: DetectorConfiguration;
  plan: TrainingPlan;
  features: FeatureSource;
  trainImages: readonly number[];
  heldOutImages: readonly number[];
  device: TrainingDevice;
  /** Where to continue from, and what to keep up to date. Left out: nothing outlives the run. */
  checkpoints?: CheckpointStore | undefined;
  /** Seconds of work after which a checkpoint is written within an epoch. Default 30. */
  checkpointSeconds?: number | undefined;
  signal: AbortSignal;
  onEvent: OnTrainingEvent;
}

/** A trained decoder and how it came about. */
export interface TrainedDecoder {
  parameters: Map<string, Tensor>;
  history: EpochRecord[];
  /** Epoch whose parameters these are, from 0. */
  bestEpoch: number;
}

/**
 * Trains the decoders of all layers, side by side where the device has several cores, epoch by epoch.
 * When the signal aborts, the step that runs is finished and saved before this rejects.
 */
export async function trainDecoders(options: TrainDecodersOptions): Promise<TrainedDecoder[]> {
  const { layers, device, signal } = options;
  const checkpoints = await Promise.all(layers.map((_, index) => startingPoint(options, index)));
  const resumed = Math.min(...checkpoints.map(({ progress }) => progress.epoch));
  if (checkpoints.some(({ progress }) => progress.steps > 0))
    options.onEvent({ type: 'resume', epoch: resumed });
  const clock = new TrainingClock(options, checkpoints);
  const costs = layers.map((layer) => epochCost(layer));
  const lanes = shareOut(costs, sideBySide(device));
  const threads = Math.max(1, Math.floor(device.threads / lanes.length));
  // A failure in one lane must stop the others, and they must have saved before anybody is told.
  const failure = new AbortController();
  const stop = AbortSignal.any([signal, failure.signal]);

  const results = await Promise.allSettled(
    lanes.map(async (indices, place) => {
      try {
        const runtime = await device.createRuntime(place);
        try {
          const work = indices.map((index) =>
            layerWork(options, index, checkpoints[index] as Checkpoint, stop, clock, { runtime, threads }),
          );
          for (const layer of work) {
            if (isStandardizing(options, layer.shape) && layer.checkpoint.progress.steps === 0) {
              stop.throwIfAborted();
              await normalizeDecoder({ ...layer, state: layer.checkpoint.state, runtime, threads });
            }
          }
          await trainLane(work);
        } finally {
          await runtime.dispose();
        }
      } catch (error) {
        failure.abort(error);
        throw error;
      }
    }),
  );
  throwFirst(results, signal, failure.signal);
  return checkpoints.map(({ best, progress }) => ({
    parameters: best,
    history: progress.history,
    bestEpoch: progress.bestEpoch ?? 0,
  }));
}

/**
 * How many decoders train at a time. Small products use one core better than two, so each core gets decoders of its own. A card waits
 * for who launches its work, which takes a core for each decoder; where there are several cards, each gets decoders of its own.
 */
function sideBySide({ device, threads }: Pick<TrainingDevice, 'device' | 'threads'>): number {
  return device === 'cpu' || device === 'cuda' ? threads : 1;
}

/** Trains the decoders of one lane in turn, an epoch each. */
async function trainLane(work: readonly TrainLayerOptions[]): Promise<void> {
  while (work.some(({ checkpoint }) => !checkpoint.progress.finished)) {
    for (const layer of work) if (!layer.checkpoint.progress.finished) await trainLayerEpoch(layer);
  }
}

/**
 * Throws what stopped the lanes. A stop that was asked for comes last: when saving failed on the way out, that must
 * be said, since what was reached is not on disk.
 */
function throwFirst(
  results: readonly PromiseSettledResult<void>[],
  asked: AbortSignal,
  failure: AbortSignal,
): void {
  const reasons = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  const own = reasons.filter((reason) => !(asked.aborted && reason === asked.reason));
  if (own.length > 0) throw own.includes(failure.reason) ? failure.reason : own[0];
  asked.throwIfAborted();
}

async function startingPoint(
  { layers, configuration, checkpoints }: TrainDecodersOptions,
  index: number,
): Promise<Checkpoint> {
  const { name, decoder } = layers[index] as DetectorLayer;
  const found = await checkpoints?.read(index);
  if (found) return found;
  const parameters = initialParameters(decoder, configuration.seed, name);
  return { progress: initialProgress(), state: initialState(decoder, parameters), best: new Map() };
}

/** Whether the first block only standardizes. A decoder of one block needs it for coupling. */
function isStandardizing(
  { plan }: Pick<TrainDecodersOptions, 'plan'>,
  { couplingBlocks }: DecoderShape,
): boolean {
  return plan.initialization === 'normalized' && couplingBlocks > 1;
}

const CHECKPOINT_SECONDS = 30;

/** A quarter of the rows that are taken elsewhere: a stop has to wait for one call, and wasm takes its time. */
const WASM_LIKELIHOOD_ROWS = 2048;

function layerWork(
  options: TrainDecodersOptions,
  index: number,
  checkpoint: Checkpoint,
  signal: AbortSignal,
  clock: TrainingClock,
  { runtime, threads }: { runtime: Runtime; threads: number },
): TrainLayerOptions {
  const { configuration, plan, features, trainImages, heldOutImages, checkpoints, onEvent } = options;
  const layer = options.layers[index] as DetectorLayer;
  const { height, width, decoder } = layer;
  const trainer = new DecoderTrainer({
    layer: layer.name,
    shape: decoder,
    height,
    width,
    runtime,
    threads,
    state: checkpoint.state,
    standardizing: isStandardizing(options, decoder),
    checkpointed: checkpoints !== undefined,
    ...(options.device.device === 'wasm' && { likelihoodRows: WASM_LIKELIHOOD_ROWS }),
  });
  return {
    index,
    layer,
    shape: decoder,
    trainer,
    features,
    trainImages,
    heldOutImages,
    plan,
    fiberBatchSize: layerFiberBatch(options, layer),
    rate: layerRate(options, decoder),
    seed: configuration.seed,
    checkpoint,
    checkpoints,
    checkpointSeconds: options.checkpointSeconds ?? CHECKPOINT_SECONDS,
    signal,
    onEvent,
    onSteps: (steps, loss) => clock.took(index, steps, loss, checkpoint.progress.epoch),
  };
}

/** The width of a hidden layer at which the learning rate is the configuration's own, where it depends on the width. */
const RATE_WIDTH = 256;

/** Learning rate of one layer's decoder. */
function layerRate(
  { plan, configuration }: Pick<TrainDecodersOptions, 'plan' | 'configuration'>,
  decoder: DecoderShape,
): number {
  return plan.scaleRate ? (configuration.lr * RATE_WIDTH) / blockSizes(decoder).hidden : configuration.lr;
}
