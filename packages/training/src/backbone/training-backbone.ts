import {
  backboneHash,
  detectorTiling,
  sha256Hex,
  type TiledInput,
  tiledSession,
  type VerifiedBundle,
} from '@cflow/detector';
import type { FeatureLayer, Precision } from '@cflow/model';
import type { Runtime, Session } from '@cflow/runtime';
import { BUNDLE_FILES, ConfigurationError, type DetectorConfigurationInput } from '@cflow/spec';

/** A backbone as the two files that a bundle holds, and what is known of it. */
export interface TrainingBackbone {
  /** `backbone.onnx`: `image` uint8 [batch, 3, height, width] in, one map per layer out. */
  model: Uint8Array;
  /** `backbone.safetensors`. */
  weights: Uint8Array;
  name: string;
  /** For people and manifests: where the weights come from. */
  source: string;
  /** SPDX identifier, where it is known. */
  licence: string | null;
  /** The layers it gives, shallow to deep. */
  layers: readonly FeatureLayer[];
  /** [height, width] in pixels of the images it takes. */
  inputSize: readonly [number, number];
  /** [height, width] in pixels of the tiles that `model` takes instead, where the geometry is `tiles`. */
  tileSize?: readonly [number, number] | undefined;
  /** How weights are stored: the decoders' as well. */
  precision: Precision;
}

/** What a bundle gives to train another detector with. */
export interface BundleTraining {
  backbone: TrainingBackbone;
  /** The shape of its decoders and the size of its images; how they are trained is the preset's. */
  configuration: DetectorConfigurationInput;
}

/** The backbone of a bundle and the configuration of its detector, to train on other images. */
export function trainingFromBundle({ manifest, files }: VerifiedBundle): BundleTraining {
  const { decoder, conditionVector, couplingBlocks, clampAlpha, fusion, preTrained } = manifest.configuration;
  const { inputSize, geometry, tileSize } = manifest.configuration;
  return {
    backbone: {
      model: files.get(BUNDLE_FILES.backboneModel) as Uint8Array,
      weights: files.get(BUNDLE_FILES.backboneWeights) as Uint8Array,
      name: manifest.backbone.name,
      source: manifest.backbone.source,
      licence: manifest.backbone.licence,
      layers: manifest.layers.map(({ name, channels, height, width }) => ({ name, channels, height, width })),
      inputSize,
      ...(tileSize && { tileSize }),
      precision: manifest.precision,
    },
    configuration: {
      ...{ decoder, conditionVector, couplingBlocks, clampAlpha, fusion, inputSize, preTrained },
      ...(geometry && { geometry }),
      ...(tileSize && { tileSize }),
    },
  };
}

/** The hash that tells one backbone from another. */
export async function hashOfBackbone({ model, weights }: TrainingBackbone): Promise<string> {
  return backboneHash(await sha256Hex(model), await sha256Hex(weights));
}

/**
 * Images in, feature maps out.
 * @param other another graph over the same weights, which gives the features of each layer under the name that `named` makes of it
 */
export async function openTrainingBackbone(
  runtime: Runtime,
  backbone: TrainingBackbone,
  other: { model: Uint8Array; named: (layer: string) => string } = {
    model: backbone.model,
    named: (layer) => layer,
  },
): Promise<Session> {
  const session = await runtime.createSession({
    model: other.model,
    externalData: [{ path: BUNDLE_FILES.backboneWeights, data: backbone.weights }],
  });
  const { layers } = backbone;
  const tiling = detectorTiling(tiledInput(backbone), layers);
  const named = layers.map((layer) => ({ ...layer, name: other.named(layer.name) }));
  return tiling ? tiledSession(session, tiling, named) : session;
}

/** A backbone's input as a bundle has it. */
export const tiledInput = ({
  inputSize,
  tileSize,
}: Pick<TrainingBackbone, 'inputSize' | 'tileSize'>): TiledInput => ({
  inputSize,
  ...(tileSize && { geometry: 'tiles', tileSize }),
});

/**
 * Completes a configuration with what the backbone is; one that asks for another backbone is refused.
 * @throws ConfigurationError
 */
export function withBackbone(
  configuration: DetectorConfigurationInput,
  { name, layers, inputSize, tileSize }: TrainingBackbone,
): DetectorConfigurationInput {
  const own = { backbone: name, layers: layers.map((layer) => layer.name), inputSize, tileSize };
  const asked = { ...configuration, ...(configuration.layers?.length === 0 && { layers: undefined }) };
  for (const key of ['backbone', 'layers', 'inputSize', 'tileSize'] as const) {
    const wanted = asked[key];
    if (wanted === undefined || `${wanted}` === `${own[key]}`) continue;
    throw new ConfigurationError(
      `the backbone that was given is for ${key} ${JSON.stringify(own[key])}, and ${JSON.stringify(wanted)} was asked for: ` +
        'leave it out, or take the backbone of a bundle that was trained so',
      { details: { option: key, expected: own[key], found: wanted } },
    );
  }
  const geometry = configuration.geometry ?? (tileSize && 'tiles');
  if ((geometry === 'tiles') !== (tileSize !== undefined)) {
    throw new ConfigurationError(
      `the backbone that was given sees ${tileSize ? 'pictures in tiles' : 'whole pictures'}, and the geometry ${geometry} was asked for: ` +
        'leave it out, or take the backbone of a bundle that was trained so',
      { details: { option: 'geometry', found: geometry } },
    );
  }
  return {
    ...configuration,
    ...own,
    inputSize: [...inputSize],
    geometry,
    tileSize: tileSize && [...tileSize],
  };
}
