// From features of good images to a detector that compares with them.
import { probeImage } from '@cflow/detector';
import { memoryHeadGraph, packModel } from '@cflow/model';
import type { Runtime } from '@cflow/runtime';
import { BUNDLE_FILES, type Device, type PictureRegion } from '@cflow/spec';
import { openTrainingBackbone } from '../backbone/training-backbone.js';
import { calibrationPart } from '../detector/calibration-part.js';
import type { MadeDetector } from '../detector/make-detector.js';
import { type KnownProvenance, makeManifest } from '../detector/make-manifest.js';
import { makeProbe } from '../detector/make-probe.js';
import type { OnTrainingEvent } from '../events.js';
import type { FeatureSource } from '../features/feature-source.js';
import type { PreparedRun } from '../prepare/prepare-run.js';
import { runRegion } from '../prepare/run-region.js';
import { fitMemory } from './fit-memory.js';

export interface MakeMemoryDetectorOptions {
  run: PreparedRun;
  runtime: Runtime;
  features: FeatureSource;
  /** Good images by their place in the feature source, at least 2. */
  images: readonly number[];
  /** What counts of an image, by its place, where images have regions of their own. */
  regionOf?: (place: number) => Promise<PictureRegion | undefined>;
  /** Asked when all is done, for the time it took. */
  provenance: () => KnownProvenance;
  device: Device;
  signal: AbortSignal;
  onEvent: OnTrainingEvent;
}

/** A detector, and what left-out scores say of the images that it is made of. */
export interface MadeMemoryDetector extends MadeDetector {
  scored: { image: number; score: number }[];
}

export async function makeMemoryDetector(options: MakeMemoryDetectorOptions): Promise<MadeMemoryDetector> {
  const { run, runtime, features, signal, onEvent } = options;
  const { layers, configuration, backbone: source } = run;
  const { precision, inputSize, tileSize } = source;
  const { parameters, scores, peaks, images } = await fitMemory({
    runtime,
    layers,
    features,
    images: options.images,
    imageSize: inputSize,
    tileSize,
    seed: configuration.seed,
    precision,
    region: run.region && runRegion(run.region),
    regionOf: options.regionOf,
    signal,
    onProgress: (done, total) => onEvent({ type: 'comparing', done, total }),
  });
  const calibrated = calibrationPart(scores, 'cross-fitted', peaks);
  const { score: threshold, falseAlarmRate } = calibrated.thresholds;
  onEvent({ type: 'calibrated', images: scores.length, threshold, falseAlarmRate, heldOut: true });

  const head = packModel(
    memoryHeadGraph({ layers, imageSize: inputSize, tileSize, parameters }),
    parameters,
    BUNDLE_FILES.decoders,
  );
  const backboneSession = await openTrainingBackbone(runtime, source);
  const headSession = await runtime.createSession({
    model: head.model,
    externalData: [{ path: BUNDLE_FILES.decoders, data: head.weights }],
  });
  const files = new Map<string, Uint8Array>([
    [BUNDLE_FILES.backboneModel, source.model],
    [BUNDLE_FILES.backboneWeights, source.weights],
    [BUNDLE_FILES.headModel, head.model],
    [BUNDLE_FILES.decoders, head.weights],
    [BUNDLE_FILES.probe, await makeProbe(probeImage(...inputSize), backboneSession, headSession)],
  ]);
  const manifest = await makeManifest({
    run,
    calibrated,
    layers: source.layers,
    epochs: 0,
    provenance: options.provenance(),
    device: options.device,
  });
  const scored = images.map((image, i) => ({ image, score: scores[i]! }));
  return { manifest, files, backbone: backboneSession, head: headSession, scored };
}
