import type { VerifiedBundle } from '@cflow/detector';
import { mergeDetector } from '@cflow/detector/one-graph';
import { internalizeWeights, MAX_MODEL_BYTES } from '@cflow/onnx';
import { BUNDLE_FILES, ConfigurationError } from '@cflow/spec';

/** What an exported detector gives, in this order. */
const OUTPUTS = ['score', 'anomaly_map'];

/**
 * A detector as one ONNX model: backbone and head, weights inside. With a region it takes the whole picture, and one with tiles
 * cuts it itself.
 *
 * @throws ConfigurationError when the weights are more than one ONNX file can hold
 */
export function exportModel({ manifest, files }: VerifiedBundle): Uint8Array {
  const { backboneModel, backboneWeights, headModel, decoders } = BUNDLE_FILES;
  const bytes = [backboneModel, backboneWeights, headModel, decoders].reduce(
    (sum, file) => sum + (manifest.files[file]?.bytes ?? 0),
    0,
  );
  if (bytes > MAX_MODEL_BYTES) {
    throw new ConfigurationError(
      `the detector takes ${bytes} bytes, and one ONNX file holds ${MAX_MODEL_BYTES} at most; train with ` +
        '--precision float16, or use the bundle, whose weights lie beside its models',
      { details: { bytes, maxBytes: MAX_MODEL_BYTES } },
    );
  }
  const whole = (model: string, weights: string): Uint8Array =>
    internalizeWeights(
      files.get(model) as Uint8Array,
      new Map([[weights, files.get(weights) as Uint8Array]]),
    );
  const { thresholds, name, configuration, provenance } = manifest;
  const models = { backbone: whole(backboneModel, backboneWeights), head: whole(headModel, decoders) };
  return mergeDetector(manifest, models, {
    fillsRegion: true,
    outputs: OUTPUTS,
    metadata: {
      'cflow.name': name,
      'cflow.threshold': String(thresholds.score),
      'cflow.falseAlarmRate': String(thresholds.falseAlarmRate),
      'cflow.inputSize': configuration.inputSize.join('x'),
      'cflow.geometry': configuration.geometry ?? 'squeeze',
      'cflow.dataSet': provenance.dataSet,
      'cflow.backbone': manifest.backbone.name,
      'cflow.backboneLicence': manifest.backbone.licence ?? 'not known',
    },
  });
}
