import { type DecoderShape, decoderShape, type FeatureLayer } from '@cflow/model';
import {
  bundleManifestSchema,
  ConfigurationError,
  type DetectorConfiguration,
  type PictureRegion,
} from '@cflow/spec';
import type { TrainingBackbone } from '../backbone/training-backbone.js';
import { checkFiberBatches, finestSteps } from '../batches/layer-steps.js';
import type { TrainingEvent } from '../events.js';
import { type TrainingPlan, withEnoughSteps } from '../plan/plan.js';
import type { TrainingDevice } from './training-device.js';

/** A layer of the backbone, and the decoder for what it gives. */
export type DetectorLayer = FeatureLayer & { decoder: DecoderShape };

/** A run about which everything is decided but its numbers. */
export interface PreparedRun {
  name: string;
  configuration: DetectorConfiguration;
  plan: TrainingPlan;
  backbone: TrainingBackbone;
  layers: readonly DetectorLayer[];
  /** The part of the picture that counts. */
  region?: PictureRegion;
  /** Each picture has a region of its own. */
  regionPerImage?: true;
}

/**
 * Decides how many epochs a run takes and what its decoders look like.
 * @throws TrainingError when some batch of images has too few fibers for one step
 */
export function prepareRun(
  name: string,
  { configuration, plan: planned }: { configuration: DetectorConfiguration; plan: TrainingPlan },
  backbone: TrainingBackbone,
  trainImages: number,
): PreparedRun {
  const layers = backbone.layers.map((layer) => ({
    ...layer,
    decoder: decoderShape(configuration, layer.channels),
  }));
  if (configuration.method === 'memory') return { name, configuration, plan: planned, backbone, layers };
  const perEpoch = finestSteps({ layers, plan: planned, configuration }, trainImages);
  const plan = withEnoughSteps(planned, perEpoch);
  checkFiberBatches({ layers, plan, configuration }, trainImages);
  return { name, configuration, plan, backbone, layers };
}

/** What is reported when a run starts. */
export function startEvent(
  { name, plan, backbone }: PreparedRun,
  { device, refused }: TrainingDevice,
  images: { train: readonly unknown[]; heldOut: readonly unknown[]; test: readonly unknown[] },
): TrainingEvent {
  return {
    type: 'start',
    name,
    preset: plan.preset,
    backbone: backbone.name,
    layers: backbone.layers.map((layer) => ({ ...layer })),
    device,
    refused,
    epochs: plan.epochs,
    trainImages: images.train.length,
    validationImages: images.heldOut.length,
    testImages: images.test.length,
  };
}

/** @throws ConfigurationError for a name that no manifest can hold, which would only be noticed at the end */
export function checkName(name: string): void {
  if (bundleManifestSchema.shape.name.safeParse(name).success) return;
  throw new ConfigurationError(`the detector's name must have 1 to 128 characters, got ${name.length}`);
}
