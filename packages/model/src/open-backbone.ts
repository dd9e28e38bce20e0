import { basename } from 'node:path';
import { ConfigurationError, WeightsError } from '@cflow/spec';
import type { Architecture, PixelNormalization } from './backbones/architecture.js';
import type { Backbone, BackboneOptions } from './backbones/backbone.js';
import { buildBackbone, checkLayers } from './backbones/build-backbone.js';
import { checkInputSize } from './backbones/check-input-size.js';
import { checkWeights } from './backbones/check-weights.js';
import { embeddedArchitecture } from './backbones/embedded.js';
import { buildOnnxBackbone } from './backbones/onnx-backbone.js';
import { findArchitecture } from './backbones/registry.js';
import type { RunModel } from './backbones/tap-types.js';
import { timmLicence, timmNormalization } from './backbones/timm-tags.js';
import { randomSource, stateDictSource, type WeightSource } from './backbones/weight-source.js';
import { openOnnxFile } from './open-onnx-file.js';
import { readStateDict } from './read-state-dict.js';
import { readWeightsFile } from './read-weights-file.js';
import { loadEmbeddedBackbone } from './weights/embedded-cache.js';
import { findPulledBackbone } from './weights/find-pulled.js';
import { findPackageWeights } from './weights/package-weights/known-packages.js';
import { findPulledPackage } from './weights/package-weights/pull-package.js';
import { StateDict } from './weights/state-dict.js';

export interface BackboneChoice {
  /** `embedded`, an architecture or timm model of the registry, or the path of an `.onnx` file. */
  name: string;
  /**
   * A safetensors file, or one of torch.save, in timm's or torchvision's key layout. Default: what was pulled into the cache.
   */
  weights?: string | undefined;
  /** False: seeded random initialization, as timm has it. */
  preTrained: boolean;
  seed: number;
  /** What was done to pixels in training. Default: what is known of the weights, else ImageNet's. */
  normalization?: PixelNormalization | undefined;
  /** For an ONNX file: the input that takes the image, where several could. */
  imageInput?: string | undefined;
  /** For an ONNX file: runs a model once, to find the shapes of its tensors. */
  run?: RunModel | undefined;
  /** Where pulled weights are looked for, and the embedded ones kept. Default: the user's cache folder. */
  cacheDir?: string | undefined;
}

/** A backbone with its weights, ready to be built for some layers and size, as often as needed. */
export interface OpenedBackbone {
  /** The architecture's own name, or that of the ONNX file without its folder. */
  name: string;
  /** For people and manifests: which file or package, with its hash; never a path of this machine. */
  origin: string;
  /** Of the weights, as an SPDX identifier where it is known. */
  licence: string | null;
  /**
   * @throws ConfigurationError for a layer that does not exist or a size that cannot be; WeightsError for weights that
   * do not fit
   */
  build(options: BackboneOptions): Promise<Backbone>;
  /** Throws what `build` would, and takes less time where the weights cannot be at fault: random ones are made while it builds. */
  check(options: BackboneOptions): Promise<void>;
}

/**
 * Finds a backbone and its weights.
 * @throws ConfigurationError for an unknown backbone or options that do not go together; WeightsError for weights that
 * are missing, damaged or of another network, with what to do; StorageError for what may not be read or written
 */
export async function openBackbone(choice: BackboneChoice): Promise<OpenedBackbone> {
  if (/\.onnx$/i.test(choice.name)) return openOnnx(choice);
  return choice.name === 'embedded' ? openEmbedded(choice) : openArchitecture(choice);
}

async function openOnnx(choice: BackboneChoice): Promise<OpenedBackbone> {
  if (choice.weights !== undefined || !choice.preTrained) {
    throw new ConfigurationError(
      'an ONNX file comes with its weights: give no others, and do not ask for random ones',
      { details: { option: ['weights', 'preTrained'] } },
    );
  }
  const { network, sha256 } = await openOnnxFile(choice.name, choice);
  return {
    name: network.name,
    origin: `${network.name}, sha256 ${sha256}`,
    licence: null,
    ...builtToCheck((options) => buildOnnxBackbone(network, options)),
  };
}

async function openEmbedded({ weights, preTrained, cacheDir }: BackboneChoice): Promise<OpenedBackbone> {
  if (weights !== undefined || !preTrained) {
    throw new ConfigurationError(
      'the embedded backbone comes with its weights: give no others and do not ask for random ones, or name another backbone',
      { details: { option: ['weights', 'preTrained', 'backbone'] } },
    );
  }
  const { graph, sha256 } = await loadEmbeddedBackbone(cacheDir === undefined ? {} : { cacheDir });
  return {
    name: 'embedded',
    origin: `@mediapipe/objectron, sha256 ${sha256}`,
    licence: 'Apache-2.0',
    ...builtToCheck(builder(embeddedArchitecture(graph), randomSource(0))),
  };
}

async function openArchitecture(choice: BackboneChoice): Promise<OpenedBackbone> {
  const { name, seed, preTrained } = choice;
  const found = findArchitecture(name);
  const normalizationOf = (model: string): PixelNormalization =>
    choice.normalization ?? timmNormalization(model, found.normalization);
  const architecture = { ...found, normalization: normalizationOf(name) };
  if (!preTrained) {
    if (choice.weights !== undefined) {
      throw new ConfigurationError(
        'weights were given, and random ones were asked for: leave one of the two out',
        { details: { option: ['weights', 'preTrained'] } },
      );
    }
    return {
      name: architecture.name,
      origin: `random, seed ${seed}`,
      licence: null,
      build: builder(architecture, randomSource(seed)),
      check: async ({ inputSize, layers = [] }) => {
        checkInputSize(inputSize);
        checkLayers(architecture, layers);
      },
    };
  }
  const { path, model, label } = await findWeights(choice, found);
  const { bytes, sha256 } = await readWeightsFile(path);
  const { tensors, metadata } = readStateDict(path, bytes);
  const { nameOf = (name: string) => name } = architecture;
  const named = new Map([...tensors].map(([tensor, value]) => [nameOf(tensor), value]));
  const dict = new StateDict(named, { architecture: architecture.name });
  checkWeights(dict, architecture);
  const source = shortened(metadata.source);
  return {
    name: architecture.name,
    origin: `${label}${source ? ` (${source})` : ''}, sha256 ${sha256}`,
    licence: shortened(metadata.licence ?? metadata.license) ?? timmLicence(model),
    ...builtToCheck(
      builder({ ...architecture, normalization: normalizationOf(model) }, stateDictSource(dict)),
    ),
  };
}

interface FoundWeights {
  path: string;
  /** The timm name that the weights are known to be of, for what its tag says. */
  model: string;
  label: string;
}

async function findWeights(
  choice: BackboneChoice,
  { name, timm = name }: Architecture,
): Promise<FoundWeights> {
  if (choice.weights !== undefined) {
    rejectOnnx(choice.weights);
    return { path: choice.weights, model: choice.name, label: basename(choice.weights) };
  }
  const tagged = choice.name.includes('.');
  const network = timm.split('.')[0] as string;
  const pulled = await findPulledBackbone(tagged ? choice.name : network, {
    cacheDir: choice.cacheDir,
    preferred: timm,
  });
  if (pulled) {
    const { path, repository, revision } = pulled;
    return { path, model: repository.slice(repository.indexOf('/') + 1), label: `${repository}@${revision}` };
  }
  const packaged = tagged ? undefined : findPackageWeights(name);
  const converted = packaged && (await findPulledPackage(packaged, choice.cacheDir));
  if (converted) return { path: converted.path, model: timm, label: packaged.package };
  const toPull = tagged ? choice.name : packaged ? name : timm;
  throw new WeightsError(
    `${name} needs weights: give a safetensors file of them, fetch one with "cflow backbone pull ${toPull}", or use the ` +
      'backbone embedded, which brings its own',
    { details: { backbone: choice.name, option: ['weights', 'backbone'] } },
  );
}

function rejectOnnx(path: string): void {
  if (!/\.onnx$/i.test(path)) return;
  throw new ConfigurationError(
    `"${path}" is a network of its own: give it as the backbone instead of as weights`,
    { details: { option: ['backbone', 'weights'] } },
  );
}

// A file may be a stranger's, and what it says of itself ends up in a manifest and on a terminal.
function shortened(text: string | undefined): string | undefined {
  return (
    text
      ?.replace(/[\p{Cc}\s]+/gu, ' ')
      .trim()
      .slice(0, 200) || undefined
  );
}

function builder(architecture: Architecture, source: WeightSource): OpenedBackbone['build'] {
  return async (options) => buildBackbone(architecture, source, options);
}

function builtToCheck(build: OpenedBackbone['build']): Pick<OpenedBackbone, 'build' | 'check'> {
  return {
    build,
    check: async (options) => {
      await build(options);
    },
  };
}
