import { trainableShapes } from '@cflow/model';
import { type LayerStepsOptions, stepsPerEpoch } from '../batches/layer-steps.js';
import type { OnTrainingEvent } from '../events.js';
import type { DetectorLayer } from '../prepare/prepare-run.js';
import type { Checkpoint } from './checkpoint.js';

interface ClockOptions extends LayerStepsOptions {
  layers: readonly DetectorLayer[];
  trainImages: readonly number[];
  onEvent: OnTrainingEvent;
}

/** Of fewer steps nobody can tell how long all take: an estimate from the first ones is off by hours. */
const LEAST_SHARE = 0.01;

/** Tells how far the whole training is, weighing each layer's steps by what they cost. */
export class TrainingClock {
  readonly #options: ClockOptions;
  readonly #cost: number[];
  readonly #total: number;
  /** When the first steps were done: what is opened and compiled for them says nothing of those that follow. */
  #first: { at: number; done: number } | undefined;
  #done: number;

  constructor(options: ClockOptions, checkpoints: readonly Checkpoint[]) {
    this.#options = options;
    const { layers, plan, trainImages } = options;
    const steps = layers.map((layer) => stepsPerEpoch(options, layer, trainImages.length));
    this.#cost = layers.map((layer, i) => epochCost(layer) / Math.max(1, steps[i]!));
    this.#total = layers.reduce((sum, layer) => sum + epochCost(layer) * plan.epochs, 0);
    this.#done = checkpoints.reduce((sum, { progress }, i) => sum + progress.steps * this.#cost[i]!, 0);
  }

  took(index: number, steps: number, loss: number, epoch: number): void {
    this.#done += steps * this.#cost[index]!;
    const fraction = Math.min(1, this.#done / this.#total);
    const now = performance.now();
    this.#first ??= { at: now, done: this.#done };
    const share = (this.#done - this.#first.done) / this.#total;
    const seconds = (now - this.#first.at) / 1000;
    const secondsLeft = share >= LEAST_SHARE ? (seconds * (1 - fraction)) / share : null;
    const layer = (this.#options.layers[index] as DetectorLayer).name;
    this.#options.onEvent({ type: 'progress', layer, epoch: epoch + 1, loss, fraction, secondsLeft });
  }
}

/** Multiplications that an epoch of one layer takes, up to a factor that all layers share. */
export function epochCost({ decoder, height, width }: DetectorLayer): number {
  const parameters = trainableShapes(decoder).reduce(
    (sum, [, dims]) => sum + dims.reduce((a, b) => a * b, 1),
    0,
  );
  return parameters * height * width;
}
