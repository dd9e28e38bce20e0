// How many optimizer steps a layer takes, and of how many fibers each.
import type { FeatureLayer } from '@cflow/model';
import { type DetectorConfiguration, TrainingError } from '@cflow/spec';
import type { TrainingPlan } from '../plan/plan.js';
import { stepCount } from './fiber-batches.js';
import { fiberGrid, gridSteps } from './grid-batches.js';
import { imageBatches } from './image-batches.js';

/** What the steps of each layer depend on. */
export interface LayerStepsOptions {
  layers: readonly FeatureLayer[];
  plan: TrainingPlan;
  configuration: Pick<DetectorConfiguration, 'fiberBatchSize'>;
}

/**
 * Finds out before anything is computed whether some batch of images has too few fibers for one step.
 * @throws TrainingError that names the layer
 */
export function checkFiberBatches(options: LayerStepsOptions, images: number): void {
  const { layers, plan } = options;
  const batches = imageBatches(images, plan.imageBatchSize, plan.dropLastImages, 0, 0);
  for (const layer of layers) {
    const fiberBatchSize = layerFiberBatch(options, layer);
    for (const { length } of batches) {
      if (stepsOf({ layer, fiberBatchSize, plan }, length) > 0) continue;
      const fibers = length * layer.height * layer.width;
      throw new TrainingError(
        `the fiber batch of ${fiberBatchSize} is larger than the ${fibers} fibers that a batch of ${length} images ` +
          `has in layer ${layer.name}; use a fiber batch of at most ${fibers}, other batches of images, or a larger input size`,
        { details: { layer: layer.name, fiberBatchSize, fibers, images: length } },
      );
    }
  }
}

/** Optimizer steps that an epoch over so many images takes in one layer. */
export function stepsPerEpoch(options: LayerStepsOptions, layer: FeatureLayer, images: number): number {
  const { plan } = options;
  const fiberBatchSize = layerFiberBatch(options, layer);
  return imageBatches(images, plan.imageBatchSize, plan.dropLastImages, 0, 0).reduce(
    (sum, batch) => sum + stepsOf({ layer, fiberBatchSize, plan }, batch.length),
    0,
  );
}

/** Optimizer steps per epoch of the layer that takes most of them. */
export function finestSteps(options: LayerStepsOptions, images: number): number {
  return Math.max(...options.layers.map((layer) => stepsPerEpoch(options, layer, images)));
}

/** Fibers per optimizer step of one layer. */
export function layerFiberBatch(
  { layers, plan, configuration }: LayerStepsOptions,
  { height, width }: FeatureLayer,
): number {
  if (!plan.scaleFibers) return configuration.fiberBatchSize;
  const largest = Math.max(...layers.map((layer) => layer.height * layer.width));
  return Math.max(1, Math.round(configuration.fiberBatchSize * Math.sqrt((height * width) / largest)));
}

/** Optimizer steps that a number of images gives. */
export function stepsOf(
  { layer, fiberBatchSize, plan }: { layer: FeatureLayer; fiberBatchSize: number; plan: TrainingPlan },
  images: number,
): number {
  if (plan.batches === 'grid') return gridSteps(images, layer, fiberGrid(layer, images, fiberBatchSize));
  return stepCount(images * layer.height * layer.width, fiberBatchSize, plan.oversize);
}
