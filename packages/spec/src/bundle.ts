import * as z from 'zod';
import { metricsSchema, scoreCalibrationSchema } from './calibration.js';
import { detectorConfigurationSchema } from './configuration.js';

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
  /** The decoders' parameters as trained: the head refers to them, and training can go on from them. */
  decoders: 'decoders.safetensors',
  probe: 'probe.safetensors',
  report: 'report.html',
} as const;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 hexadecimal digits');
const size = z.number().int().positive();
const finite = z.number();

/** A file's name inside a bundle: one plain name, so that no bundle can point outside itself. */
const fileName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'expected a plain file name');

/** One tapped layer and the constant that its likelihoods are measured against. */
export const bundleLayerSchema = z.strictObject({
  name: z.string().min(1),
  channels: size,
  height: size,
  width: size,
  /** Largest log-likelihood per dimension on good images (natural log). */
  maxLogLikelihood: finite,
});

/**
 * Everything about a detector that is not numbers in tensors. Files are verified against it when it is loaded. The file
 * holds one field more, a hash of itself: read and write it with the detector package's `parseManifest` and
 * `manifestBytes`.
 */
export const bundleManifestSchema = z.strictObject({
  formatVersion: z.literal(BUNDLE_FORMAT_VERSION),
  name: z.string().min(1).max(128),
  createdAt: z.iso.datetime(),
  configuration: detectorConfigurationSchema,
  /** How weights are stored; everything is computed in float32. */
  precision: z.enum(['float32', 'float16']),
  backbone: z.strictObject({
    name: z.string(),
    /** Hash over the backbone's two files: detectors with the same one can share it. */
    sha256,
    source: z.string(),
    licence: z.string().nullable(),
  }),
  layers: z.array(bundleLayerSchema).min(1),
  /** By constants of the detector, so that a map does not depend on its batch. */
  normalization: z.literal('fixed'),
  /** Largest fused likelihood on good images, its logarithm where `configuration.fusion` is `standardized`: the anomaly map is this minus the fused likelihood. */
  maxLikelihood: finite,
  calibration: z.strictObject({
    score: scoreCalibrationSchema,
    /** Which good images: held out from training, or, when there were too few, those trained on. */
    images: z.enum(['held-out', 'training']),
    /** Standard deviation of the calibration scores: what differences between devices are measured by. */
    scoreSpread: z.number().positive(),
  }),
  thresholds: z.strictObject({
    falseAlarmRate: z.number().gt(0).lt(1),
    /** Score that a good image reaches with that probability; also the map's, for regions. */
    score: finite,
    /** Score of the best F1 on labelled images, when there were any. */
    f1: finite.nullable(),
    pixelF1: finite.nullable(),
  }),
  probe: z.strictObject({
    absoluteTolerance: z.number().positive(),
    relativeTolerance: z.number().positive(),
  }),
  metrics: metricsSchema.nullable(),
  provenance: z.strictObject({
    preset: z.string(),
    dataSet: z.string(),
    trainImages: z.number().int().nonnegative(),
    validationImages: z.number().int().nonnegative(),
    testImages: z.number().int().nonnegative(),
    epochs: z.number().int().nonnegative(),
    device: z.string(),
    trainingSeconds: z.number().nonnegative(),
    versions: z.record(z.string(), z.string()),
  }),
  files: z.record(fileName, z.strictObject({ sha256, bytes: z.number().int().nonnegative() })),
});

export type BundleManifest = z.infer<typeof bundleManifestSchema>;
export type BundleLayer = z.infer<typeof bundleLayerSchema>;
