// A whole bundle of a small network with decoders as they are before training: small and quick, and a detector in all
// but the quality of its scores.
import { calibrate, thresholdForFalseAlarmRate } from '@cflow/evaluation';
import {
  buildBackbone,
  decoderShape,
  decoderTensorName,
  findArchitecture,
  float32ToFloat16,
  headGraph,
  initialParameters,
  packModel,
  randomSource,
  resnet,
  weightTensors,
  writeSafetensors,
} from '@cflow/model';
import { type Tensor, writeModel } from '@cflow/onnx';
import { createNodeRuntime } from '@cflow/runtime/node';
import {
  BUNDLE_FILES,
  BUNDLE_FORMAT_VERSION,
  type BundleManifest,
  type DetectorConfiguration,
  detectorConfigurationSchema,
} from '@cflow/spec';
import { imageBatch } from '../image-batch.js';
import { manifestBytes } from '../manifest.js';
import { Scorer } from '../scorer.js';
import { backboneHash, sha256Hex } from '../sha256.js';
import { detectorTiling, seenSize, tiledSession, wholeLayers } from '../tiled-session.js';
import { testImage } from './test-image.js';

export interface MakeBundleOptions {
  name?: string;
  /** Of the decoders. */
  seed?: number;
  /** Of the backbone: bundles with the same one can share it. */
  backboneSeed?: number;
  /** Default `tiny`, at 64x64 pixels. The others have the size and the layers of detectors in use, at 256x256. */
  backbone?: 'tiny' | 'mobilenet_v2' | 'resnet18' | 'wide_resnet50_2';
  /** How weights are stored. Default `float32`. */
  precision?: 'float32' | 'float16';
  /** What else the manifest says of the configuration. */
  configuration?: Partial<
    Pick<DetectorConfiguration, 'range' | 'outOfRange' | 'geometry' | 'inputSize' | 'tileSize'>
  >;
}

const RESNET = {
  layers: ['layer2', 'layer3', 'layer4'],
  conditionVector: 128,
  couplingBlocks: 8,
  inputSize: [256, 256],
} as const;

const NETWORKS = {
  tiny: { layers: ['layer2', 'layer3'], conditionVector: 16, couplingBlocks: 2, inputSize: [64, 64] },
  mobilenet_v2: {
    layers: ['blocks.2', 'blocks.4', 'blocks.6'],
    conditionVector: 128,
    couplingBlocks: 8,
    inputSize: [256, 256],
  },
  resnet18: RESNET,
  wide_resnet50_2: RESNET,
} as const;

/** The files of a bundle by name. */
export async function makeBundle(options: MakeBundleOptions = {}): Promise<Map<string, Uint8Array>> {
  const { name = 'test', seed = 0, backboneSeed = 0, backbone: network = 'tiny' } = options;
  const { precision = 'float32' } = options;
  const configuration = detectorConfigurationSchema.parse({
    backbone: network,
    ...NETWORKS[network],
    seed,
    ...options.configuration,
  });
  const { inputSize, geometry } = configuration;
  const architecture =
    network === 'tiny'
      ? resnet('tiny', { depths: [1, 1, 1, 1], channels: [8, 12, 16, 16], bottleneck: false })
      : findArchitecture(network);
  const maps = buildBackbone(architecture, randomSource(backboneSeed), {
    layers: configuration.layers,
    inputSize: seenSize(configuration),
    precision,
  });
  const whole = wholeLayers(configuration, maps.layers);
  const backbonePack = packModel(maps.graph, weightTensors(maps.graph), BUNDLE_FILES.backboneWeights);
  const layers = whole.map((layer) => ({
    ...layer,
    decoder: decoderShape(configuration, layer.channels),
  }));
  const parameters = new Map<string, Tensor>();
  for (const layer of layers) {
    for (const [parameter, tensor] of initialParameters(layer.decoder, seed, layer.name)) {
      parameters.set(decoderTensorName(layer.name, parameter), stored(tensor, precision));
    }
  }
  const runtime = createNodeRuntime({ device: 'cpu', threads: 1 });
  try {
    const session = await runtime.createSession({
      model: backbonePack.model,
      externalData: [{ path: BUNDLE_FILES.backboneWeights, data: backbonePack.weights }],
    });
    const tiling = detectorTiling(configuration, whole);
    const backbone = tiling ? tiledSession(session, tiling, whole) : session;
    const scorerOf = async (model: Uint8Array, weights?: Uint8Array) => {
      const externalData = weights ? [{ path: BUNDLE_FILES.decoders, data: weights }] : [];
      const head = await runtime.createSession({ model, externalData });
      return { head, scorer: new Scorer({ backbone, head, inputSize, geometry }) };
    };
    const good = Array.from({ length: 12 }, (_, i) => testImage(100 + i, inputSize[1], inputSize[0]));
    const plain = await scorerOf(writeModel(headGraph({ layers, imageSize: inputSize, parameters })));
    const found = await plain.scorer.score(good, { layers: true });
    const maxLogLikelihood = layers.map((_, layer) =>
      Math.max(...found.map((each) => Math.max(...(each.layers?.[layer]?.data ?? [])))),
    );
    const maxLikelihood = layers.length;
    const normalization = { kind: 'fixed', maxLogLikelihood, maxLikelihood } as const;
    const graph = headGraph({ layers, imageSize: inputSize, normalization, parameters });
    const headPack = packModel(graph, parameters, BUNDLE_FILES.decoders);
    const { head, scorer } = await scorerOf(headPack.model, headPack.weights);
    const scores = (await scorer.score(good)).map(({ score }) => score);
    const image = imageBatch(good.slice(0, 1), inputSize, { geometry });
    const probe = await head.run(await backbone.run({ image }));
    const files = new Map([
      [BUNDLE_FILES.backboneModel as string, backbonePack.model],
      [BUNDLE_FILES.backboneWeights, backbonePack.weights],
      [BUNDLE_FILES.headModel, headPack.model],
      [BUNDLE_FILES.decoders, headPack.weights],
      [BUNDLE_FILES.probe, writeSafetensors(new Map(Object.entries({ image, ...probe })))],
      [BUNDLE_FILES.report, new TextEncoder().encode('<!doctype html><title>report</title>')],
    ]);
    const calibration = calibrate(scores);
    const scoreSpread = Math.max(...scores) - Math.min(...scores);
    const manifest: BundleManifest = {
      formatVersion: BUNDLE_FORMAT_VERSION,
      name,
      createdAt: '2026-01-01T00:00:00.000Z',
      configuration,
      precision,
      backbone: {
        name: network,
        sha256: await hashOf(files),
        source: `random, seed ${backboneSeed}`,
        licence: null,
      },
      layers: whole.map((layer, i) => ({
        ...layer,
        maxLogLikelihood: maxLogLikelihood[i]!,
      })),
      normalization: 'fixed',
      maxLikelihood,
      calibration: { score: calibration, images: 'held-out', scoreSpread },
      thresholds: {
        falseAlarmRate: 0.01,
        score: thresholdForFalseAlarmRate(calibration, 0.01),
        f1: null,
        pixelF1: null,
      },
      probe: { absoluteTolerance: 1e-3 * scoreSpread, relativeTolerance: 1e-4 },
      metrics: null,
      provenance: {
        preset: 'none',
        dataSet: 'none',
        trainImages: 0,
        validationImages: good.length,
        testImages: 0,
        epochs: 0,
        device: 'cpu',
        trainingSeconds: 0,
        versions: {},
      },
      files: {},
    };
    await sealBundle(files, manifest);
    return files;
  } finally {
    await runtime.dispose();
  }
}

function stored(tensor: Tensor, precision: 'float32' | 'float16'): Tensor {
  if (precision === 'float32' || tensor.type !== 'float32') return tensor;
  return { type: 'float16', dims: tensor.dims, data: float32ToFloat16(tensor.data as Float32Array) };
}

/** Gives the files a manifest that lists them as they are. */
export async function sealBundle(files: Map<string, Uint8Array>, manifest: BundleManifest): Promise<void> {
  const listed: BundleManifest['files'] = {};
  for (const [name, bytes] of files) {
    if (name === BUNDLE_FILES.manifest) continue;
    listed[name] = { sha256: await sha256Hex(bytes), bytes: bytes.length };
  }
  files.set(BUNDLE_FILES.manifest, await manifestBytes({ ...manifest, files: listed }));
}

async function hashOf(files: ReadonlyMap<string, Uint8Array>): Promise<string> {
  const [model, weights] = await Promise.all(
    [BUNDLE_FILES.backboneModel, BUNDLE_FILES.backboneWeights].map((name) =>
      sha256Hex(files.get(name) as Uint8Array),
    ),
  );
  return backboneHash(model as string, weights as string);
}
