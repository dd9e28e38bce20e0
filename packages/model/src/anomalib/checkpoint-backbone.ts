import type { Backbone, BackboneOptions } from '../backbones/backbone.js';
import { buildBackbone } from '../backbones/build-backbone.js';
import { checkWeights } from '../backbones/check-weights.js';
import { findTimmArchitecture } from '../backbones/registry.js';
import { stateDictSource } from '../backbones/weight-source.js';
import { StateDict } from '../weights/state-dict.js';
import type { AnomalibCheckpoint } from './anomalib-checkpoint.js';

/**
 * The network of a checkpoint with its own weights and its own normalization of pixels.
 * @throws ConfigurationError for a network that is not built in, or layers that it does not have; WeightsError for tensors that
 * do not fit
 */
export function checkpointBackbone(
  { backbone, backboneTensors, normalization, inputSize }: AnomalibCheckpoint,
  options: Omit<BackboneOptions, 'inputSize'>,
): Backbone & { name: string } {
  const architecture = findTimmArchitecture(backbone);
  const { nameOf = (name: string) => name, name } = architecture;
  const named = new Map([...backboneTensors].map(([tensor, value]) => [nameOf(tensor), value]));
  const dict = new StateDict(named, { architecture: name });
  checkWeights(dict, architecture);
  const built = buildBackbone({ ...architecture, normalization }, stateDictSource(dict), {
    ...options,
    inputSize,
  });
  return { ...built, name };
}
