import { readFile, stat } from 'node:fs/promises';
import { ConfigurationError, WeightsError } from '@cflow/spec';
import type { Architecture } from './backbones/architecture.js';
import type { Backbone, BackboneOptions } from './backbones/backbone.js';
import { buildBackbone } from './backbones/build-backbone.js';
import { embeddedArchitecture } from './backbones/embedded.js';
import { findArchitecture } from './backbones/registry.js';
import { randomSource, stateDictSource, type WeightSource } from './backbones/weight-source.js';
import { loadEmbeddedBackbone } from './weights/embedded-cache.js';
import { readSafetensors } from './weights/safetensors.js';
import { StateDict } from './weights/state-dict.js';

export interface BackboneChoice {
  /** `embedded`, or an architecture of the registry. */
  name: string;
  /** A safetensors file in timm's or torchvision's key layout. */
  weights?: string | undefined;
  /** False: seeded random initialisation. */
  preTrained: boolean;
  seed: number;
}

/** A backbone with its weights, ready to be built for some layers and size. */
export interface OpenedBackbone {
  /** @throws ConfigurationError for a layer that does not exist, WeightsError for weights that do not fit */
  build(options: BackboneOptions): Promise<Backbone>;
  /** For people and manifests: which file or package, never a path of this machine. */
  origin: string;
  licence: string | null;
}

/**
 * @throws ConfigurationError for an unknown backbone or options that do not go together,
 * WeightsError for weights that cannot be read
 */
export async function openBackbone({
  name,
  weights,
  preTrained,
  seed,
}: BackboneChoice): Promise<OpenedBackbone> {
  if (name === 'embedded') {
    if (weights !== undefined || !preTrained) {
      throw new ConfigurationError(
        'the embedded backbone comes with its weights: leave out --weights and --no-pre-trained, or name an architecture with --backbone',
      );
    }
    const { graph, sha256 } = await loadEmbeddedBackbone();
    return {
      build: builder(embeddedArchitecture(graph), randomSource(0)),
      origin: `@mediapipe/objectron, sha256 ${sha256}`,
      licence: 'Apache-2.0',
    };
  }
  const architecture = findArchitecture(name);
  if (!preTrained) {
    return {
      build: builder(architecture, randomSource(seed)),
      origin: `random, seed ${seed}`,
      licence: null,
    };
  }
  if (weights === undefined) {
    throw new WeightsError(
      `${architecture.name} needs weights: give a safetensors file with --weights, fetch one with ` +
        `"cflow backbone pull ${name}", or use --backbone embedded, which brings its own`,
      { details: { backbone: name } },
    );
  }
  const bytes = await readFile(weights).catch(async (cause: unknown) => {
    const folder = await stat(weights).then(
      (entry) => entry.isDirectory(),
      () => false,
    );
    throw new WeightsError(
      `the weights "${weights}" cannot be read: ${folder ? 'it is a folder, a safetensors file is expected' : 'no such file'}`,
      { cause, details: { path: weights } },
    );
  });
  const dict = new StateDict(readSafetensors(bytes).tensors, { architecture: architecture.name });
  return { build: builder(architecture, stateDictSource(dict)), origin: 'a safetensors file', licence: null };
}

function builder(architecture: Architecture, source: WeightSource): OpenedBackbone['build'] {
  return async (options) => buildBackbone(architecture, source, options);
}
