import type { DecoderShape, FeatureLayer } from '@cflow/model';
import { type FiberBatches, fiberBatches } from '../batches/fiber-batches.js';
import { fiberGrid, gridBatches } from '../batches/grid-batches.js';
import { imageBatches } from '../batches/image-batches.js';
import { stepsOf } from '../batches/layer-steps.js';
import type { OnTrainingEvent } from '../events.js';
import type { FeatureSource } from '../features/feature-source.js';
import { pause } from '../pause.js';
import { learningRate } from '../plan/learning-rate.js';
import type { TrainingPlan } from '../plan/plan.js';
import type { Checkpoint, CheckpointStore } from './checkpoint.js';
import { parametersOf } from './decoder-state.js';
import type { DecoderTrainer } from './decoder-trainer.js';

export interface TrainLayerOptions {
  /** Index of the layer among the features. */
  index: number;
  layer: FeatureLayer;
  shape: DecoderShape;
  trainer: DecoderTrainer;
  features: FeatureSource;
  /** Images of the source to train on, and those held out. */
  trainImages: readonly number[];
  heldOutImages: readonly number[];
  plan: TrainingPlan;
  fiberBatchSize: number;
  rate: number;
  seed: number;
  /** Goes on from here, and is kept up to date. */
  checkpoint: Checkpoint;
  /** Left out where nothing is to outlive the run. */
  checkpoints: CheckpointStore | undefined;
  /** Seconds of work after which a checkpoint is written within an epoch. */
  checkpointSeconds: number;
  signal: AbortSignal;
  onEvent: OnTrainingEvent;
  /** Called with the steps that were taken, for the time left. */
  onSteps: (steps: number, loss: number) => void;
}

/** Seconds that one call of the training graph should take: how long a stop has to wait. */
const CALL_SECONDS = 1;

/**
 * Runs one epoch of one decoder, from wherever its checkpoint stands, and decides whether it goes on. When the signal
 * aborts, the step that runs is finished and all is saved before this rejects.
 */
export async function trainLayerEpoch(options: TrainLayerOptions): Promise<void> {
  try {
    await runEpoch(options);
  } catch (error) {
    if (options.signal.aborted) await save(options);
    throw error;
  }
}

async function runEpoch(options: TrainLayerOptions): Promise<void> {
  const { checkpoint, plan, trainImages, seed, trainer, signal } = options;
  const { progress } = checkpoint;
  const { epoch } = progress;
  const batches = imageBatches(trainImages.length, plan.imageBatchSize, plan.dropLastImages, seed, epoch);
  const perEpoch = batches.reduce((sum, batch) => sum + stepsOf(options, batch.length), 0);
  let lastCheckpoint = performance.now();

  while (progress.batch < batches.length) {
    const batch = (batches[progress.batch] as number[]).map((image) => trainImages[image]!);
    const features = await options.features.read(options.index, batch);
    const groups = batchesOf(
      options,
      batch.length,
      `fibers/${options.layer.name}/${epoch}/${progress.batch}`,
    );
    let before = 0;
    for (const group of groups) {
      const { size, steps } = group;
      while (progress.step < before + steps) {
        await pause();
        signal.throwIfAborted();
        const start = progress.step - before;
        const take = Math.min(steps - start, options.trainer.stepsPerCall(size, CALL_SECONDS));
        const rates = Array.from({ length: take }, (_, i) =>
          learningRate(plan.schedule, options.rate, {
            step: progress.steps + i,
            totalSteps: perEpoch * plan.epochs,
            epoch,
            epochs: plan.epochs,
            batch: progress.batch,
            batches: batches.length,
          }),
        );
        const losses = await trainer.train(features, stepsFrom(group, start, take), rates);
        progress.step += take;
        progress.steps += take;
        // One by one: the rounding of the sum must not depend on how many steps a call takes, which depends on time.
        for (const loss of losses) progress.lossSum += loss;
        progress.lossCount += take;
        options.onSteps(take, losses.reduce((sum, loss) => sum + loss, 0) / take);
        // A run that resumes after a power failure has to find the state on disk.
        if (performance.now() - lastCheckpoint > options.checkpointSeconds * 1000) {
          await save(options);
          lastCheckpoint = performance.now();
        }
      }
      before += steps;
    }
    progress.batch += 1;
    progress.step = 0;
  }
  await finishEpoch(options);
}

/** The fiber batches of one batch of images. */
function batchesOf(
  { layer, fiberBatchSize, plan, seed }: TrainLayerOptions,
  images: number,
  stream: string,
): FiberBatches[] {
  if (plan.batches === 'grid')
    return [gridBatches(images, layer, fiberGrid(layer, images, fiberBatchSize), seed, stream)];
  return fiberBatches(images * layer.height * layer.width, fiberBatchSize, plan, seed, stream);
}

/** Some of the steps of a group. */
function stepsFrom({ size, steps, order, mapRows }: FiberBatches, start: number, take: number): FiberBatches {
  const rows = mapRows && mapRows.length / steps;
  return {
    size,
    steps: take,
    order: order.slice(start * size, (start + take) * size),
    ...(mapRows && rows && { mapRows: mapRows.slice(start * rows, (start + take) * rows) }),
  };
}

async function finishEpoch(options: TrainLayerOptions): Promise<void> {
  const { checkpoint, plan, shape, heldOutImages, onEvent, layer } = options;
  const { progress, state } = checkpoint;
  const heldOut = heldOutImages.length > 0 ? await heldOutLikelihood(options) : null;
  const loss = progress.lossSum / progress.lossCount;
  progress.history.push({ loss, heldOut });
  const values = progress.history.map((record) => record.heldOut ?? Number.POSITIVE_INFINITY);
  const improved = heldOut !== null && values.slice(0, -1).every((value) => heldOut < value);
  if (improved || plan.keep === 'last' || heldOut === null) {
    progress.bestEpoch = progress.epoch;
    checkpoint.best = parametersOf(shape, state);
  }
  const waited = progress.epoch - (progress.bestEpoch ?? 0);
  const stopped = plan.patience !== null && heldOut !== null && waited >= plan.patience;
  Object.assign(progress, { epoch: progress.epoch + 1, batch: 0, step: 0, lossSum: 0, lossCount: 0 });
  progress.finished = stopped || progress.epoch >= plan.epochs;
  onEvent({
    type: 'epoch',
    layer: layer.name,
    epoch: progress.epoch,
    epochs: plan.epochs,
    loss,
    heldOut,
    stopped,
  });
  await save(options);
}

async function heldOutLikelihood(options: TrainLayerOptions): Promise<number> {
  const { trainer, features, index, heldOutImages: images, signal } = options;
  // A few images at a time: the held-out part of a large set does not fit into memory either.
  const step = 16;
  let sum = 0;
  for (let start = 0; start < images.length; start += step) {
    const part = images.slice(start, start + step);
    const rows = await features.read(index, part);
    sum += (await trainer.negativeLogLikelihood(rows, signal)) * part.length;
  }
  return sum / images.length;
}

async function save({ checkpoint, checkpoints, index, layer, onEvent }: TrainLayerOptions): Promise<void> {
  if (!checkpoints) return;
  await checkpoints.write(index, checkpoint);
  onEvent({ type: 'checkpoint', layer: layer.name, epoch: checkpoint.progress.epoch });
}
