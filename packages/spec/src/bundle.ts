import * as z from 'zod';
import {
  count,
  float32,
  MAX_BUNDLE_FILES,
  MAX_FILE_BYTES,
  MAX_FLOAT32,
  MAX_INT32,
  MAX_LAYERS,
  MAX_NAME,
  MAX_TEXT,
  MAX_VERSIONS_NAMED,
  positiveFloat32,
  text,
} from './bounds.js';
import { metricsSchema, scoreCalibrationSchema } from './calibration.js';
import { boundedRecord, closedObject } from './closed-object.js';
import { detectorConfigurationSchema } from './configuration.js';
import { pictureRegionSchema } from './picture-region.js';

/** The format version that this code writes and reads. */
export const BUNDLE_FORMAT_VERSION = 1;

/** Prefix of the head's outputs that hold each layer's log-likelihoods. */
export const LOG_LIKELIHOOD = 'log_likelihood.';

/** Names of the files of a bundle. */
export const BUNDLE_FILES = {
  manifest: 'manifest.json',
  backboneModel: 'backbone.onnx',
  backboneWeights: 'backbone.safetensors',
  headModel: 'head.onnx',
  /** The decoders' parameters as trained: the head refers to them, and training can continue from them. */
  decoders: 'decoders.safetensors',
  probe: 'probe.safetensors',
  report: 'report.html',
} as const;

/** The files that scoring needs; any other may stay where it is, or be missing, without harm. */
export const SCORING_FILES: readonly string[] = [
  BUNDLE_FILES.backboneModel,
  BUNDLE_FILES.backboneWeights,
  BUNDLE_FILES.headModel,
  BUNDLE_FILES.decoders,
  BUNDLE_FILES.probe,
];

/** Those of them that a graph refers to, and that a device may read by their paths: nearly all of a bundle's bytes. */
export const WEIGHT_FILES: readonly string[] = [BUNDLE_FILES.backboneWeights, BUNDLE_FILES.decoders];

const sha256 = text(64).regex(/^[0-9a-f]{64}$/, 'expected 64 hexadecimal digits');
const size = z.number().int().positive().max(MAX_INT32);
const finite = float32();

/** A file's name inside a bundle: one plain name, so that no bundle can point outside itself. */
const fileName = text(128).regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'expected a plain file name');

/** One tapped layer and the constant that its likelihoods are measured against. */
export const bundleLayerSchema = closedObject({
  name: text(MAX_NAME).min(1),
  channels: size,
  height: size,
  width: size,
  /** Largest log-likelihood per dimension on good images (natural log); of flows only. */
  maxLogLikelihood: finite.optional(),
});

/**
 * Everything about a detector that is not numbers in tensors. Files are verified against it when it is loaded. The file
 * holds one field more, a hash of itself: read and write it with the detector package's `parseManifest` and
 * `manifestBytes`.
 */
export const bundleManifestSchema = closedObject({
  formatVersion: z.literal(BUNDLE_FORMAT_VERSION),
  name: text(128).min(1),
  createdAt: z.iso.datetime().max(40),
  configuration: detectorConfigurationSchema,
  /** How weights are stored; everything is computed in float32. */
  precision: z.enum(['float32', 'float16']),
  /** Only of what `inPrecisionMode` makes of a bundle: calibration, thresholds and probe are those of this mode. */
  precisionMode: z.literal('throughput').optional(),
  backbone: closedObject({
    name: text(MAX_NAME),
    /** Hash over the backbone's two files: detectors with the same one can share it. */
    sha256,
    source: text(MAX_TEXT),
    licence: text(MAX_TEXT).nullable(),
  }),
  layers: z.array(bundleLayerSchema).min(1).max(MAX_LAYERS),
  /** By constants of the detector, so that a map does not depend on its batch. */
  normalization: z.literal('fixed'),
  /**
   * Of flows: the largest fused likelihood on good images, its logarithm where `configuration.fusion` is `standardized`: the
   * anomaly map is this minus the fused likelihood.
   */
  maxLikelihood: finite.optional(),
  calibration: closedObject({
    score: scoreCalibrationSchema,
    /** Of the map's highest value, where that is not the score: for regions, and for scores without what is ignored. */
    map: scoreCalibrationSchema.optional(),
    /**
     * Which good images: held out from training; each in turn compared with all others; or, when there were too few, those
     * trained on.
     */
    images: z.enum(['held-out', 'cross-fitted', 'training']),
    /** Standard deviation of the calibration scores: what differences between devices are measured by. */
    scoreSpread: positiveFloat32(),
  }),
  thresholds: closedObject({
    falseAlarmRate: z.number().gt(0).lt(1),
    /** Score that a good image reaches with that probability. */
    score: finite,
    /** Value that the map of a good image reaches somewhere with that probability: regions begin there. Default `score`. */
    pixel: finite.optional(),
    /** Score of the best F1 on labelled images, when there were any. */
    f1: finite.nullable(),
    pixelF1: finite.nullable(),
  }),
  /** The part of the picture that counts; left out: all of it. */
  region: pictureRegionSchema.optional(),
  /** Each picture had a region of its own, which the bundle cannot keep: callers that score give one, too. */
  regionPerImage: z.literal(true).optional(),
  probe: closedObject({
    absoluteTolerance: positiveFloat32(),
    relativeTolerance: positiveFloat32(),
  }),
  metrics: metricsSchema.nullable(),
  provenance: closedObject({
    preset: text(MAX_NAME),
    dataSet: text(MAX_TEXT),
    trainImages: count(),
    validationImages: count(),
    testImages: count(),
    epochs: count(),
    device: text(MAX_NAME),
    trainingSeconds: z.number().min(0).max(MAX_FLOAT32),
    versions: boundedRecord(text(MAX_NAME), text(MAX_NAME), MAX_VERSIONS_NAMED),
  }),
  files: boundedRecord(fileName, closedObject({ sha256, bytes: count(MAX_FILE_BYTES) }), MAX_BUNDLE_FILES),
});

export type BundleManifest = z.infer<typeof bundleManifestSchema>;
export type BundleLayer = z.infer<typeof bundleLayerSchema>;
