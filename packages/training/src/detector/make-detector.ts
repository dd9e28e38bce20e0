// From trained decoders to a detector: the constants of its map, its thresholds, its probe, its manifest.
import { imageBatch, Scorer } from '@cflow/detector';
import { regionFill } from '@cflow/images';
import { REGION } from '@cflow/model';
import type { Runtime, Session } from '@cflow/runtime';
import { BUNDLE_FILES, type BundleManifest, type Device, type RgbImage } from '@cflow/spec';
import { openTrainingBackbone } from '../backbone/training-backbone.js';
import type { TrainedDecoder } from '../decoder/train-decoders.js';
import type { OnTrainingEvent } from '../events.js';
import type { PreparedRun } from '../prepare/prepare-run.js';
import { runRegion } from '../prepare/run-region.js';
import { calibrateNormalization } from './calibrate-detector.js';
import { calibrationPart } from './calibration-part.js';
import { calibrationScores } from './calibration-scores.js';
import { inPrecision } from './in-precision.js';
import { type KnownProvenance, makeManifest } from './make-manifest.js';
import { makeProbe } from './make-probe.js';
import { namedParameters, packHead } from './pack-head.js';
import { probePicture } from './probe-picture.js';

export interface MakeDetectorOptions {
  run: PreparedRun;
  runtime: Runtime;
  decoders: readonly TrainedDecoder[];
  /** Good images to calibrate on, and whether they were held out. May be gone through several times. */
  calibrationImages: () => AsyncIterable<RgbImage[]>;
  heldOut: boolean;
  /** The images trained on, or enough of them to tell what is usual. Read only where that is asked for. */
  trainImages: () => AsyncIterable<RgbImage[]>;
  /** Asked when all is done, for the time it took. */
  provenance: () => KnownProvenance;
  device: Device;
  onEvent: OnTrainingEvent;
}

/** A detector on the device that it was trained on, and its files but for the report and the manifest. */
export interface MadeDetector {
  /** `files` is to be filled in when all are there. */
  manifest: BundleManifest;
  files: Map<string, Uint8Array>;
  backbone: Session;
  head: Session;
}

/** Images that what is usual is learnt from: more would hardly change it, and would be one more pass over a large set. */
export const STANDARD_IMAGES = 512;

export async function makeDetector(options: MakeDetectorOptions): Promise<MadeDetector> {
  const { run, runtime, decoders, calibrationImages, trainImages, heldOut, device, onEvent } = options;
  const { configuration, layers, backbone: source, region } = run;
  const { inputSize, precision } = source;
  const { geometry } = configuration;
  const trained = inPrecision(namedParameters(layers, decoders), precision);
  const backbone = await openTrainingBackbone(runtime, source);
  const { normalization, maxLogLikelihood, maxLikelihood, standards } = await calibrateNormalization({
    runtime,
    backbone,
    layers,
    parameters: trained,
    inputSize,
    geometry,
    region,
    fusion: configuration.fusion,
    images: calibrationImages(),
    trainImages,
  });
  const parameters = new Map([
    ...trained,
    ...standards,
    ...(region ? ([[REGION, runRegion(region)]] as const) : []),
  ]);
  const headPack = packHead(layers, parameters, inputSize, normalization);
  const head = await runtime.createSession({
    model: headPack.model,
    externalData: [{ path: BUNDLE_FILES.decoders, data: headPack.weights }],
  });
  const scores = await calibrationScores(
    new Scorer({ backbone, head, inputSize, geometry, region }),
    calibrationImages(),
  );
  const calibrated = calibrationPart(scores, heldOut ? 'held-out' : 'training');
  const { score: threshold, falseAlarmRate } = calibrated.thresholds;
  onEvent({ type: 'calibrated', images: scores.length, threshold, falseAlarmRate, heldOut });

  const fill = region && regionFill(region);
  const picture = imageBatch([await probePicture(scores, calibrationImages())], inputSize, {
    geometry,
    fill,
  });
  const files = new Map<string, Uint8Array>([
    [BUNDLE_FILES.backboneModel, source.model],
    [BUNDLE_FILES.backboneWeights, source.weights],
    [BUNDLE_FILES.headModel, headPack.model],
    [BUNDLE_FILES.decoders, headPack.weights],
    [BUNDLE_FILES.probe, await makeProbe(picture, backbone, head)],
  ]);
  const manifest = await makeManifest({
    run,
    calibrated,
    layers: source.layers.map((layer, i) => ({ ...layer, maxLogLikelihood: maxLogLikelihood[i]! })),
    maxLikelihood,
    epochs: Math.max(...decoders.map(({ history }) => history.length)),
    provenance: options.provenance(),
    device,
  });
  return { manifest, files, backbone, head };
}
