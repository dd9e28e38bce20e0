import { checkTiles, seenSize, wholeLayers } from '@cflow/detector';
import { type Precision, packModel, weightTensors } from '@cflow/model';
import { openBackbone } from '@cflow/model/node';
import { BUNDLE_FILES, type DetectorConfiguration } from '@cflow/spec';
import { runOnce } from './run-once.js';
import type { TrainingBackbone } from './training-backbone.js';

/** What a configuration says of its backbone. */
export type BackboneChoice = Readonly<
  Pick<DetectorConfiguration, 'backbone' | 'preTrained' | 'seed' | 'inputSize' | 'geometry' | 'tileSize'>
> & {
  /** Empty: the backbone's default. */
  layers: readonly string[];
};

/**
 * The backbone that a configuration names, as a bundle holds it.
 * @param weights A safetensors file for it
 * @throws ConfigurationError for a backbone or layers that do not exist; WeightsError for weights that are missing or do not
 * fit
 */
export async function namedBackbone(
  { backbone: name, preTrained, seed, layers: wanted, ...input }: BackboneChoice,
  weights: string | undefined,
  precision: Precision,
): Promise<TrainingBackbone> {
  const opened = await openBackbone({ name, weights, preTrained, seed, run: runOnce });
  const inputSize = seenSize(input);
  const { graph, layers } = await opened.build({ layers: wanted, inputSize, precision, outputs: 'maps' });
  const whole = wholeLayers(input, layers);
  // What cannot be put together is told before anything is computed.
  checkTiles(input, whole);
  return {
    ...packModel(graph, weightTensors(graph), BUNDLE_FILES.backboneWeights),
    name: opened.name,
    source: opened.origin,
    licence: opened.licence,
    layers: whole,
    inputSize: input.inputSize,
    ...(input.geometry === 'tiles' && { tileSize: input.tileSize }),
    precision,
  };
}
