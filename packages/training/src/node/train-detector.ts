// One training run, from a data set to a bundle. What is long is in files of its own; here is the order of things.
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { Detector } from '@cflow/detector';
import {
  checkBundleFolder,
  checkRegionGeometry,
  recoverFolder,
  writeFolderBundle,
} from '@cflow/detector/node';
import { regionFill } from '@cflow/images';
import { checkReport, examineDataSet, type ImageLimits, withRegion } from '@cflow/images/node';
import type { Precision } from '@cflow/model';
import type { Session } from '@cflow/runtime';
import { nodeDevices } from '@cflow/runtime/node';
import {
  type BundleManifest,
  type DataSet,
  DataSetError,
  type DataSetItem,
  type DetectorConfigurationInput,
  type DeviceChoice,
} from '@cflow/spec';
import { completeBundle } from '../assemble-bundle.js';
import { chooseGeometry } from '../choose-geometry.js';
import { evenlySpaced } from '../evenly-spaced.js';
import type { OnTrainingEvent } from '../events.js';
import { extractFeatures, fiberBackbone } from '../extract-features.js';
import { inBatches } from '../in-batches.js';
import { type LeftOutImages, leaveOutUnusual } from '../leave-out-unusual.js';
import { type MadeDetector, makeDetector, STANDARD_IMAGES } from '../make-detector.js';
import type { KnownProvenance } from '../make-manifest.js';
import { makeMemoryDetector } from '../memory/make-memory-detector.js';
import { type MemoryWithout, memoryWithout } from '../memory/memory-without.js';
import { type PlanOverrides, type Preset, planTraining } from '../plan.js';
import { checkName, prepareRun, startEvent } from '../prepare-run.js';
import { reportedRange } from '../reported-range.js';
import { runReport } from '../run-report.js';
import { selectImages } from '../select-images.js';
import { type TrainedDecoder, trainDecoders } from '../train-decoders.js';
import { hashOfBackbone, openTrainingBackbone } from '../training-backbone.js';
import { openTrainingDevice } from '../training-device.js';
import { checkpointFiles } from './checkpoint-files.js';
import { checkBackboneNamed, chooseBackbone } from './choose-backbone.js';
import { evaluateTestImages } from './evaluate-test-images.js';
import { FeatureStore } from './feature-store.js';
import { goodPictures } from './good-pictures.js';
import { namedBackbone } from './named-backbone.js';
import { readRegion } from './read-region.js';
import { reportGalleries } from './report-galleries.js';
import { requireExactMode } from './require-exact-mode.js';
import { type AskedForRun, imagesFingerprint, RunFolder } from './run-folder.js';
import { trainingImages } from './training-images.js';
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
  /**
   * A mask, not black where the pictures count, or a folder of one for each picture, called like it: what is outside takes no
   * part. Default: what the data set was opened with, or all counts.
   */
  region?: string | undefined;
  /** How weights are stored. Default float32. */
  precision?: Precision | undefined;
  /** Go on from the checkpoints of a run that was interrupted. */
  resume?: boolean | undefined;
  /** What the caller was asked for, kept with the checkpoints: `askedOfRun` returns it for resuming the run. */
  asked?: AskedForRun | undefined;
  /** Bounds of the images and masks that are decoded. */
  limits?: ImageLimits | undefined;
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
/** Held-out good images that are scored once more for the report. */
const MOST_PICTURED = 64;

/**
 * Trains a detector and writes its bundle.
 * @throws DataSetError, ConfigurationError, WeightsError, DeviceError, TrainingError (a ResumeError where there is nothing to
 * go on with), StorageError, or the signal's reason
 */
export async function trainDetector(options: TrainDetectorOptions): Promise<BundleManifest> {
  const started = performance.now();
  const { output, name, weights, strict = false, precision = 'float32', limits } = options;
  const onEvent = options.onEvent ?? (() => undefined);
  const signal = options.signal ?? new AbortController().signal;
  // What cannot work is told before any image is looked at.
  requireExactMode();
  checkBackboneNamed(options);
  planTraining(options.preset, options.configuration, options.overrides);
  // What would only be noticed when the bundle is written, hours later.
  checkName(name);
  await checkBundleFolder(output);
  const { dataSet, report } = await examineDataSet(
    await withRegion(options.dataSet, options.region && resolve(options.region)),
    {
      signal,
      limits,
      range: options.configuration?.range,
    },
  );
  onEvent({ type: 'data-set', report });
  // Without an evaluation nobody needs the masks.
  checkReport(report, { masks: options.evaluate !== false });
  const planned = planTraining(
    options.preset,
    {
      ...options.configuration,
      backbone: await chooseBackbone(options, signal, onEvent),
      ...chooseGeometry(options.configuration ?? {}, report, options.preset),
      range: options.configuration?.range ?? reportedRange(report),
    },
    options.overrides,
  );
  const { configuration } = planned;
  const { inputSize, geometry, seed, range, outOfRange } = configuration;
  const selection = selectImages(dataSet, planned.plan.validationFraction, seed);
  const backbone = await namedBackbone(configuration, weights, precision);
  const backboneSha256 = await hashOfBackbone(backbone);
  const region =
    dataSet.region === undefined
      ? undefined
      : await readRegion(dataSet.region, report, { inputSize, geometry }, limits);
  const regionPerImage = (report.regions ?? 0) > 0;
  if (regionPerImage) checkRegionGeometry(geometry);
  const run = {
    ...prepareRun(name, planned, backbone, selection.train.length),
    ...(region && { region }),
    ...(regionPerImage && { regionPerImage }),
  };
  const fill = region && regionFill(region);
  const { plan, layers } = run;
  const items = [...selection.train, ...selection.heldOut];
  const device = await openTrainingDevice(
    options.device ?? 'auto',
    await nodeDevices(),
    options.threads ?? availableParallelism(),
  );
  const identity = {
    configuration,
    plan,
    precision,
    backbone: backboneSha256,
    device: device.device,
    threads: device.threads,
    images: await imagesFingerprint(items),
    ...(region && { region: region.runs }),
  };
  await recoverFolder(output);
  const folder = await RunFolder.open(output, identity, options.resume ?? false, options.asked);
  onEvent(startEvent(run, device, selection));

  const runtime = await device.createRuntime();
  try {
    const canvas = { inputSize, geometry };
    const images = trainingImages(items, canvas, { strict, limits, range, outOfRange }, signal, onEvent);
    let extractor: Promise<Session> | undefined;
    const store = await FeatureStore.open(
      {
        folder: folder.features,
        layers,
        limit: options.featureBytes ?? 8 * 2 ** 30,
        fingerprint: `${backboneSha256}/${identity.images}/${inputSize}/${JSON.stringify([range, region, geometry])}`,
        images: items.length,
        stream: images.stream,
        load: images.load,
        compute: async (batch) => {
          extractor ??= openTrainingBackbone(runtime, backbone, fiberBackbone(backbone));
          return extractFeatures(await extractor, layers, batch, inputSize, { geometry, fill });
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
    let trainImages = places(selection.train);
    let heldOutImages = places(selection.heldOut);
    let leftOut: LeftOutImages | undefined;
    const provenance = (): KnownProvenance => ({
      dataSet: dataSet.name,
      trainImages: trainImages.length,
      validationImages: heldOutImages.length,
      trainingSeconds: (performance.now() - started) / 1000,
      versions: versions(),
    });
    let decoders: TrainedDecoder[] = [];
    let made: MadeDetector | undefined;
    let without: MemoryWithout | undefined;
    let leftOutScores: readonly number[] | undefined;
    try {
      const remaining = await leaveOutUnusual({
        ...{ run, runtime, features: store, signal, onEvent },
        images: [...trainImages, ...heldOutImages],
        nameOf: (place) => (items[store.readable[place] as number] as DataSetItem).path,
      });
      ({ leftOut } = remaining);
      trainImages = trainImages.filter((place) => remaining.kept.has(place));
      heldOutImages = heldOutImages.filter((place) => remaining.kept.has(place));
      if (trainImages.length < 2) {
        throw new DataSetError(
          `only ${trainImages.length} of ${selection.train.length} good images could be read; at least 2 are needed`,
          { details: { readable: trainImages.length, goodImages: selection.train.length } },
        );
      }
      if (configuration.method === 'memory') {
        const good = [...trainImages, ...heldOutImages];
        const memory = await makeMemoryDetector({
          ...{
            run,
            runtime,
            features: store,
            images: good,
            provenance,
            device: device.device,
            signal,
            onEvent,
          },
          ...(regionPerImage && { regionOf: (place) => images.regionOf(store.readable[place] as number) }),
        });
        made = memory;
        if (selection.test.length === 0) {
          leftOutScores = memory.scored.map(({ score }) => score);
          without = await memoryWithout({ run, runtime, features: store, scored: memory.scored, signal });
        }
      } else {
        decoders = await trainDecoders({
          layers,
          configuration,
          plan,
          features: store,
          trainImages,
          heldOutImages,
          device,
          checkpoints: checkpointFiles(folder),
          signal,
          onEvent,
        });
      }
    } finally {
      await store.close();
    }

    const itemAt = (place: number): DataSetItem => items[store.readable[place] as number] as DataSetItem;
    const heldOut = heldOutImages.length >= 2;
    const calibrationItems = (heldOut ? heldOutImages : trainImages).map(
      (place) => store.readable[place] as number,
    );
    made ??= await makeDetector({
      run,
      runtime,
      decoders,
      calibrationImages: () => inBatches(calibrationItems, images.load, BATCH, signal),
      heldOut,
      trainImages: () =>
        inBatches(
          evenlySpaced(trainImages, STANDARD_IMAGES).map((place) => store.readable[place] as number),
          images.load,
          BATCH,
          signal,
        ),
      provenance,
      device: device.device,
      onEvent,
    });
    const { manifest, files } = made;
    const detector = new Detector({ ...made, runtime, dispose: async () => undefined });
    const evaluation =
      options.evaluate !== false
        ? await evaluateTestImages(detector, selection.test, images.leaveOut, { strict, signal, limits })
        : undefined;
    if (evaluation) {
      manifest.metrics = evaluation.metrics;
      manifest.provenance.testImages = evaluation.metrics.images;
      manifest.thresholds.f1 = evaluation.metrics.f1Threshold;
      manifest.thresholds.pixelF1 = evaluation.metrics.pixelF1Threshold;
      onEvent({ type: 'evaluated', metrics: evaluation.metrics });
    }
    const pictured = evaluation && {
      ...evaluation,
      ...(await reportGalleries(evaluation.images, manifest, limits)),
    };
    const goodImages =
      selection.test.length === 0
        ? await goodPictures({
            detector: new Detector({
              ...made,
              head: without?.head ?? made.head,
              runtime,
              dispose: async () => undefined,
            }),
            manifest,
            images: without
              ? without.unseen.map(({ image, score }) => ({ item: itemAt(image), score }))
              : evenlySpaced(calibrationItems, MOST_PICTURED).map((index) => ({
                  item: items[index] as DataSetItem,
                })),
            scores: leftOutScores,
            decode: { ...limits, range },
            signal,
          })
        : undefined;
    const { unreadable } = images;
    await completeBundle(
      files,
      manifest,
      runReport({
        manifest,
        plan,
        decoders,
        evaluation: pictured,
        unreadable,
        unusual: leftOut,
        goodImages,
        dataSet: report,
      }),
    );
    await writeFolderBundle(output, files);
    await folder.remove();
    onEvent({ type: 'done', bundle: output, seconds: (performance.now() - started) / 1000 });
    return manifest;
  } finally {
    await runtime.dispose();
  }
}
