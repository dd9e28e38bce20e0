// One training run, from a data set to a bundle. What is long is in files of its own; here is the order of things.
import { Detector, manifestBytes, probeImage, Scorer } from '@cflow/detector';
import { checkBundleFolder, recoverFolder, writeFolderBundle } from '@cflow/detector/node';
import { decoderShape, type Precision, packModel, weightTensors } from '@cflow/model';
import { openBackbone } from '@cflow/model/node';
import { writeModel } from '@cflow/onnx';
import type { Session } from '@cflow/runtime';
import { nodeDevices } from '@cflow/runtime/node';
import {
  BUNDLE_FILES,
  BUNDLE_FORMAT_VERSION,
  type BundleManifest,
  bundleManifestSchema,
  ConfigurationError,
  type DataSet,
  DataSetError,
  type DataSetItem,
  type DetectorConfigurationInput,
  type DeviceChoice,
} from '@cflow/spec';
import {
  calibrationPart,
  calibrationScores,
  type DetectorLayer,
  fileTable,
  hashOfBackbone,
  inPrecision,
  makeProbe,
  namedParameters,
  packHead,
} from './assemble-bundle.js';
import { calibrateNormalization } from './calibrate-detector.js';
import { evaluateTestImages } from './evaluate-test-images.js';
import type { OnTrainingEvent } from './events.js';
import { extractFeatures } from './extract-features.js';
import { FeatureStore } from './feature-store.js';
import { type PlanOverrides, type Preset, planTraining, withEnoughSteps } from './plan.js';
import { imagesFingerprint, RunFolder } from './run-folder.js';
import { runOnce } from './run-once.js';
import { runReport } from './run-report.js';
import { selectImages } from './select-images.js';
import { checkFiberBatches, finestSteps, type TrainedDecoder, trainDecoders } from './train-decoders.js';
import { openTrainingDevice } from './training-device.js';
import { inBatches, trainingImages } from './training-images.js';
import { versions } from './versions.js';

export interface TrainDetectorOptions {
  dataSet: DataSet;
  /** Folder that becomes the bundle. */
  output: string;
  /** Name of the detector. */
  name: string;
  preset: Preset;
  configuration?: DetectorConfigurationInput;
  overrides?: PlanOverrides;
  /** A safetensors file for the backbone. */
  weights?: string | undefined;
  device?: DeviceChoice | undefined;
  /** CPU threads in all. Default: one per core. */
  threads?: number | undefined;
  /** How weights are stored. Default float32. */
  precision?: Precision | undefined;
  /** Go on from the checkpoints of a run that was interrupted. */
  resume?: boolean | undefined;
  /** Stop at an unreadable image instead of leaving it out. */
  strict?: boolean | undefined;
  /** Bytes that cached features may take on disk. Default 8 GiB. */
  featureBytes?: number | undefined;
  /** Evaluate on the data set's test images. Default true. */
  evaluate?: boolean | undefined;
  /** When it aborts, the run finishes the step it is at, saves, and rejects. */
  signal?: AbortSignal | undefined;
  onEvent?: OnTrainingEvent | undefined;
}

const BATCH = 8;

/**
 * Trains a detector and writes its bundle.
 * @throws DataSetError, ConfigurationError, WeightsError, DeviceError, TrainingError, StorageError, or the signal's reason
 */
export async function trainDetector(options: TrainDetectorOptions): Promise<BundleManifest> {
  const started = performance.now();
  const { dataSet, output, name, weights, strict = false, precision = 'float32' } = options;
  const onEvent = options.onEvent ?? (() => undefined);
  const signal = options.signal ?? new AbortController().signal;
  const planned = planTraining(options.preset, options.configuration, options.overrides);
  const { configuration } = planned;
  const { inputSize, seed } = configuration;
  // What would only be noticed when the bundle is written, hours later.
  checkName(name);
  await checkBundleFolder(output);
  const selection = selectImages(dataSet, planned.plan.validationFraction, seed);
  const opened = await openBackbone({
    name: configuration.backbone,
    weights,
    preTrained: configuration.preTrained,
    seed,
    run: runOnce,
  });
  const backboneOf = (outputs: 'maps' | 'fibers') =>
    opened.build({ layers: configuration.layers, inputSize, precision, outputs });
  const maps = await backboneOf('maps');
  const backbonePack = packModel(maps.graph, weightTensors(maps.graph), BUNDLE_FILES.backboneWeights);
  const backboneSha256 = await hashOfBackbone(backbonePack);
  const layers: DetectorLayer[] = maps.layers.map((layer) => ({
    ...layer,
    decoder: decoderShape(configuration, layer.channels),
  }));
  const trainCount = selection.train.length;
  const perEpoch = finestSteps({ layers, plan: planned.plan, configuration }, trainCount);
  const plan = withEnoughSteps(planned.plan, perEpoch);
  checkFiberBatches({ layers, plan, configuration }, trainCount);
  const items = [...selection.train, ...selection.heldOut];
  const device = await openTrainingDevice(options.device ?? 'auto', await nodeDevices(), options.threads);
  const identity = {
    configuration,
    plan,
    precision,
    backbone: backboneSha256,
    device: device.device,
    threads: device.threads,
    images: await imagesFingerprint(items),
  };
  await recoverFolder(output);
  const folder = await RunFolder.open(output, identity, options.resume ?? false);
  onEvent({
    type: 'start',
    name,
    preset: plan.preset,
    backbone: opened.name,
    layers: maps.layers.map((layer) => ({ ...layer })),
    device: device.device,
    refused: device.refused,
    epochs: plan.epochs,
    trainImages: selection.train.length,
    validationImages: selection.heldOut.length,
    testImages: selection.test.length,
  });

  const runtime = await device.createRuntime();
  try {
    const size = { height: inputSize[0], width: inputSize[1] };
    const images = trainingImages(items, size, strict, signal, onEvent);
    let extractor: Promise<Session> | undefined;
    const store = await FeatureStore.open(
      {
        folder: folder.features,
        layers,
        limit: options.featureBytes ?? 8 * 2 ** 30,
        fingerprint: `${backboneSha256}/${identity.images}/${inputSize}`,
        images: items.length,
        stream: images.stream,
        load: images.load,
        compute: async (batch) => {
          extractor ??= (async () =>
            runtime.createSession({ model: writeModel((await backboneOf('fibers')).graph) }))();
          return extractFeatures(await extractor, layers, batch, inputSize);
        },
      },
      BATCH,
      (done, total) => onEvent({ type: 'features', done, total }),
    );
    images.leaveOutAllBut(store.readable);
    const places = (wanted: readonly DataSetItem[]): number[] => {
      const members = new Set(wanted);
      return store.readable.flatMap((index, place) =>
        members.has(items[index] as DataSetItem) ? [place] : [],
      );
    };
    const trainImages = places(selection.train);
    const heldOutImages = places(selection.heldOut);
    let decoders: TrainedDecoder[];
    try {
      if (trainImages.length < 2) {
        throw new DataSetError(
          `only ${trainImages.length} of ${selection.train.length} good images could be read; at least 2 are needed`,
          { details: { readable: trainImages.length, goodImages: selection.train.length } },
        );
      }
      decoders = await trainDecoders({
        layers,
        configuration,
        plan,
        store,
        trainImages,
        heldOutImages,
        device,
        folder,
        signal,
        onEvent,
      });
    } finally {
      await store.close();
    }
    const trainingSeconds = (performance.now() - started) / 1000;

    const parameters = inPrecision(namedParameters(layers, decoders), precision);
    const heldOut = heldOutImages.length >= 2;
    const calibrationItems = (heldOut ? heldOutImages : trainImages).map(
      (place) => store.readable[place] as number,
    );
    const calibrationBatches = () => inBatches(calibrationItems, images.load);
    const backbone = await runtime.createSession({
      model: backbonePack.model,
      externalData: [{ path: BUNDLE_FILES.backboneWeights, data: backbonePack.weights }],
    });
    const normalization = await calibrateNormalization({
      runtime,
      backbone,
      layers,
      parameters,
      inputSize,
      images: calibrationBatches(),
    });
    const headPack = packHead(layers, parameters, inputSize, normalization);
    const head = await runtime.createSession({
      model: headPack.model,
      externalData: [{ path: BUNDLE_FILES.decoders, data: headPack.weights }],
    });
    const scores = await calibrationScores(new Scorer({ backbone, head, inputSize }), calibrationBatches());
    const calibrated = calibrationPart(scores, heldOut);
    const { score: threshold, falseAlarmRate } = calibrated.thresholds;
    onEvent({ type: 'calibrated', images: scores.length, threshold, falseAlarmRate, heldOut });

    const files = new Map<string, Uint8Array>([
      [BUNDLE_FILES.backboneModel, backbonePack.model],
      [BUNDLE_FILES.backboneWeights, backbonePack.weights],
      [BUNDLE_FILES.headModel, headPack.model],
      [BUNDLE_FILES.decoders, headPack.weights],
      [BUNDLE_FILES.probe, await makeProbe(probeImage(...inputSize), backbone, head)],
    ]);
    const manifest: BundleManifest = {
      formatVersion: BUNDLE_FORMAT_VERSION,
      name,
      createdAt: new Date().toISOString(),
      // The backbone by its name: a path of this machine says nothing elsewhere.
      configuration: { ...configuration, backbone: opened.name, layers: layers.map((layer) => layer.name) },
      precision,
      backbone: {
        name: opened.name,
        sha256: backboneSha256,
        source: opened.origin,
        licence: opened.licence,
      },
      layers: maps.layers.map((layer, i) => ({
        ...layer,
        maxLogLikelihood: normalization.maxLogLikelihood[i] as number,
      })),
      normalization: 'fixed',
      maxLikelihood: normalization.maxLikelihood,
      ...calibrated,
      metrics: null,
      provenance: {
        preset: plan.preset,
        dataSet: dataSet.name,
        trainImages: trainImages.length,
        validationImages: heldOutImages.length,
        testImages: 0,
        epochs: Math.max(...decoders.map(({ history }) => history.length)),
        device: device.device,
        trainingSeconds,
        versions: versions(),
      },
      // Filled in when the last file, the report, is there.
      files: {},
    };
    const detector = new Detector({ manifest, runtime, backbone, head, dispose: async () => undefined });
    const evaluation =
      options.evaluate !== false
        ? await evaluateTestImages(detector, selection.test, images.leaveOut, { strict, signal })
        : undefined;
    if (evaluation) {
      manifest.metrics = evaluation.metrics;
      manifest.provenance.testImages = evaluation.metrics.images;
      manifest.thresholds.f1 = evaluation.metrics.f1Threshold;
      manifest.thresholds.pixelF1 = evaluation.metrics.pixelF1Threshold;
      onEvent({ type: 'evaluated', metrics: evaluation.metrics });
    }
    const report = await runReport({ manifest, plan, decoders, evaluation, unreadable: images.unreadable });
    files.set(BUNDLE_FILES.report, new TextEncoder().encode(report));
    manifest.files = fileTable(files);
    files.set(BUNDLE_FILES.manifest, await manifestBytes(manifest));
    await writeFolderBundle(output, files);
    await folder.remove();
    onEvent({ type: 'done', bundle: output, seconds: (performance.now() - started) / 1000 });
    return manifest;
  } finally {
    await runtime.dispose();
  }
}

function checkName(name: string): void {
  if (bundleManifestSchema.shape.name.safeParse(name).success) return;
  throw new ConfigurationError(`the detector's name must have 1 to 128 characters, got ${name.length}`);
}
