// From a checkpoint of another program to a bundle: everything that a training makes but the training.
import { availableParallelism } from 'node:os';
import { checkBundleFolder, recoverFolder, writeFolderBundle } from '@cflow/detector/node';
import { examineDataSet, type ImageLimits } from '@cflow/images/node';
import { type Precision, packModel, readSafetensors, weightTensors } from '@cflow/model';
import {
  type AnomalibCheckpoint,
  type CheckpointOverrides,
  checkpointBackbone,
  openBackbone,
  readCheckpointFile,
} from '@cflow/model/node';
import { nodeDevices } from '@cflow/runtime/node';
import {
  BUNDLE_FILES,
  type BundleManifest,
  CflowError,
  ConfigurationError,
  type DataSet,
  DataSetError,
  type DeviceChoice,
  type RgbImage,
  WeightsError,
} from '@cflow/spec';
import { allFinite } from '../all-finite.js';
import { runOnce } from '../backbone/run-once.js';
import type { TrainingBackbone } from '../backbone/training-backbone.js';
import { completeBundle } from '../detector/complete-bundle.js';
import { makeDetector } from '../detector/make-detector.js';
import type { OnTrainingEvent } from '../events.js';
import { inBatches } from '../images/in-batches.js';
import { trainingImages } from '../images/training-images.js';
import { planTraining } from '../plan/plan.js';
import type { DetectorLayer } from '../prepare/prepare-run.js';
import { checkName } from '../prepare/prepare-run.js';
import { openTrainingDevice } from '../prepare/training-device.js';
import { runReport } from '../report/run-report.js';
import { requireExactMode } from './require-exact-mode.js';
import { versions } from './versions.js';

export interface ImportDetectorOptions {
  /** A Lightning checkpoint of anomalib's Cflow. */
  checkpoint: string;
  /**
   * Good images to calibrate on, which the checkpoint should not have been trained on. Those that the data set calls bad are
   * left out.
   */
  good: DataSet;
  /** Folder that becomes the bundle. */
  output: string;
  /** Name of the detector. */
  name: string;
  /** What the checkpoint does not say. The backbone may be an ONNX file, for networks that are not built in. */
  overrides?: CheckpointOverrides;
  device?: DeviceChoice | undefined;
  /** CPU threads in all. Default: one per core. */
  threads?: number | undefined;
  /** How weights are stored. Default float32. */
  precision?: Precision | undefined;
  /** Bounds of the images that are decoded. */
  limits?: ImageLimits | undefined;
  /** Stop at an unreadable image instead of leaving it out. */
  strict?: boolean | undefined;
  signal?: AbortSignal | undefined;
  onEvent?: OnTrainingEvent | undefined;
}

export interface ImportedDetector {
  manifest: BundleManifest;
  /** What was taken as the reference has it by default, since the checkpoint does not say. */
  assumed: readonly string[];
}

const BATCH = 8;

/**
 * Makes a bundle of a checkpoint of anomalib's Cflow. The reference measures likelihoods against the largest of whatever
 * shares their batch; here they are measured against the largest on the good images, so that scores are those that the
 * reference gives where an image shares a batch with all of them.
 *
 * @throws WeightsError, ConfigurationError, DataSetError, DeviceError, StorageError, or the signal's reason
 */
export async function importDetector(options: ImportDetectorOptions): Promise<ImportedDetector> {
  const started = performance.now();
  const { output, name, overrides = {}, strict = false, precision = 'float32' } = options;
  const onEvent = options.onEvent ?? (() => undefined);
  const signal = options.signal ?? new AbortController().signal;
  requireExactMode();
  checkName(name);
  await checkBundleFolder(output);
  const { checkpoint, origin } = await readCheckpointFile(options.checkpoint, overrides);
  const { backbone, layers } = await networkOf(checkpoint, origin, precision);
  const device = await openTrainingDevice(
    options.device ?? 'auto',
    await nodeDevices(),
    options.threads ?? availableParallelism(),
  );
  const { dataSet, report } = await examineDataSet(options.good, { signal, limits: options.limits });
  onEvent({ type: 'data-set', report });

  const items = dataSet.items.filter(({ label }) => label !== 'bad');
  const { inputSize } = checkpoint;
  const images = trainingImages(items, { inputSize }, { strict, limits: options.limits }, signal, onEvent);
  const readable: number[] = [];
  for await (const { index } of images.stream()) readable.push(index);
  if (readable.length < 2) {
    throw new DataSetError(
      `a detector is calibrated on good images, at least 2 and 100 or more to do it well; "${dataSet.name}" has ${readable.length}`,
      { details: { goodImages: readable.length, items: dataSet.items.length } },
    );
  }
  const calibrationImages = (): AsyncIterable<RgbImage[]> => inBatches(readable, images.load, BATCH, signal);

  const { configuration, plan } = planTraining('anomalib', configurationOf(checkpoint, backbone));
  const runtime = await device.createRuntime();
  try {
    await recoverFolder(output);
    const { manifest, files } = await makeDetector({
      run: { name, configuration, plan, backbone, layers },
      runtime,
      decoders: layers.map(({ name: layer }) => ({
        parameters: checkpoint.decoders.find((each) => each.layer === layer)?.parameters ?? new Map(),
        history: [],
        bestEpoch: 0,
      })),
      calibrationImages,
      heldOut: true,
      trainImages: calibrationImages,
      provenance: () => ({
        dataSet: dataSet.name,
        trainImages: 0,
        validationImages: readable.length,
        trainingSeconds: (performance.now() - started) / 1000,
        versions: versions(),
      }),
      device: device.device,
      onEvent,
    }).catch((cause: unknown) => {
      // The constants of the map are then no numbers.
      if (CflowError.isInstance(cause) && 'maxLogLikelihood' in cause.details)
        throw unusable(options.checkpoint, cause);
      throw cause;
    });
    const { tensors } = readSafetensors(files.get(BUNDLE_FILES.probe) as Uint8Array);
    // No device could be tried by such a probe: the bundle would be refused wherever it is opened.
    for (const output of ['score', 'anomaly_map']) {
      if (!allFinite(tensors.get(output)?.data as Float32Array)) throw unusable(options.checkpoint);
    }
    manifest.provenance.preset = 'imported';
    manifest.provenance.epochs = checkpoint.epochs;
    const { unreadable } = images;
    await completeBundle(
      files,
      manifest,
      runReport({ manifest, plan, decoders: [], evaluation: undefined, unreadable, dataSet: report }),
    );
    await writeFolderBundle(output, files);
    onEvent({ type: 'done', bundle: output, seconds: (performance.now() - started) / 1000 });
    return { manifest, assumed: checkpoint.assumed };
  } finally {
    await runtime.dispose();
  }
}

function unusable(path: string, cause?: unknown): WeightsError {
  return new WeightsError(
    `the checkpoint "${path}" cannot be imported: its scores of images are not numbers, so its decoders have diverged, or were ` +
      'hardly trained',
    { details: { path }, cause },
  );
}

/** The network of a checkpoint as a bundle holds it, and the layers of it with the decoders that belong to them. */
async function networkOf(
  checkpoint: AnomalibCheckpoint,
  origin: string,
  precision: Precision,
): Promise<{ backbone: TrainingBackbone; layers: DetectorLayer[] }> {
  const { inputSize, normalization } = checkpoint;
  const wanted = checkpoint.decoders.map(({ layer }) => layer);
  const build = { layers: wanted, precision, outputs: 'maps' } as const;
  const opened = /\.onnx$/i.test(checkpoint.backbone)
    ? await openBackbone({
        name: checkpoint.backbone,
        preTrained: true,
        seed: 0,
        normalization,
        run: runOnce,
      })
    : undefined;
  const { graph, layers, name } = opened
    ? { ...(await opened.build({ ...build, inputSize })), name: opened.name }
    : checkpointBackbone(checkpoint, build);
  const backbone = {
    ...packModel(graph, weightTensors(graph), BUNDLE_FILES.backboneWeights),
    name,
    source: opened ? `${opened.origin}; decoders: ${origin}` : origin,
    licence: null,
    layers,
    inputSize,
    precision,
  };
  return { backbone, layers: layers.map((layer) => ({ ...layer, decoder: decoderOf(checkpoint, layer) })) };
}

function decoderOf(
  { decoders, backbone }: AnomalibCheckpoint,
  { name, channels }: { name: string; channels: number },
): DetectorLayer['decoder'] {
  const shape = decoders.find(({ layer }) => layer === name)?.shape;
  if (shape?.channels === channels) return shape;
  throw new ConfigurationError(
    `layer "${name}" of ${backbone} has ${channels} channels, and the checkpoint's decoder for it is for ${shape?.channels ?? 'none'}: ` +
      'name the layers in the order of the decoders',
    { details: { layer: name, expected: channels, found: shape?.channels ?? null, option: 'layers' } },
  );
}

function configurationOf(checkpoint: AnomalibCheckpoint, backbone: TrainingBackbone) {
  const [first] = checkpoint.decoders;
  const { conditionVector, couplingBlocks, clampAlpha, permuteSoft } = (
    first as (typeof checkpoint.decoders)[number]
  ).shape;
  return {
    backbone: backbone.name,
    layers: backbone.layers.map(({ name }) => name),
    conditionVector,
    couplingBlocks,
    clampAlpha,
    permuteSoft,
    ...checkpoint.settings,
    inputSize: [...backbone.inputSize] as [number, number],
  };
}
