import { manifestBytes, type RawScore, type Scorer, sha256Hex } from '@cflow/detector';
import { calibrate, thresholdForFalseAlarmRate } from '@cflow/evaluation';
import {
  type DecoderShape,
  decoderTensorName,
  type FeatureLayer,
  float32ToFloat16,
  type HeadNormalization,
  headGraph,
  isOfFirstSubnet,
  isSilentSubnet,
  type PackedModel,
  type Precision,
  packModel,
  trainableShapes,
  writeSafetensors,
} from '@cflow/model';
import type { Tensor } from '@cflow/onnx';
import type { Session } from '@cflow/runtime';
import { BUNDLE_FILES, type BundleManifest, type RgbImage } from '@cflow/spec';

export type DetectorLayer = FeatureLayer & { decoder: DecoderShape };

/**
 * The head of a detector as the two files that a bundle holds. A first block that only standardizes has no subnet in
 * them: its zeros would be an eighth of all that is stored, read and hashed.
 */
export function packHead(
  layers: readonly DetectorLayer[],
  parameters: ReadonlyMap<string, Tensor>,
  imageSize: readonly [number, number],
  normalization: HeadNormalization,
): PackedModel {
  const stored = withoutSilentSubnets(layers, parameters);
  const graph = headGraph({ layers, imageSize, normalization, parameters: stored });
  return packModel(graph, stored, BUNDLE_FILES.decoders);
}

function withoutSilentSubnets(
  layers: readonly DetectorLayer[],
  parameters: ReadonlyMap<string, Tensor>,
): ReadonlyMap<string, Tensor> {
  const left = new Map(parameters);
  for (const { name, decoder } of layers) {
    const own = (parameter: string): string => decoderTensorName(name, parameter);
    if (!isSilentSubnet((parameter) => parameters.get(own(`module_list.0.${parameter}`)))) continue;
    for (const [parameter] of trainableShapes(decoder))
      if (isOfFirstSubnet(parameter)) left.delete(own(parameter));
  }
  return left;
}

/** Parameters of all layers by the names that the head knows them by. */
export function namedParameters(
  layers: readonly DetectorLayer[],
  decoders: readonly { parameters: ReadonlyMap<string, Tensor> }[],
): Map<string, Tensor> {
  const named = new Map<string, Tensor>();
  layers.forEach((layer, i) => {
    for (const [name, tensor] of decoders[i]?.parameters ?? [])
      named.set(decoderTensorName(layer.name, name), tensor);
  });
  return named;
}

/**
 * Trained numbers as they are stored. Indices stay as they are, and so do global scales and offsets, which are few: a
 * channel that hardly varies has a scale beyond what float16 holds, and an offset whose rounding would move it.
 */
export function inPrecision(
  parameters: ReadonlyMap<string, Tensor>,
  precision: Precision,
): Map<string, Tensor> {
  return new Map(
    [...parameters].map(([name, tensor]) =>
      precision === 'float16' && tensor.type === 'float32' && !/global_(scale|offset)$/.test(name)
        ? [name, { type: 'float16', dims: tensor.dims, data: float32ToFloat16(tensor.data as Float32Array) }]
        : [name, tensor],
    ),
  );
}

/** The golden probe: an image with all that this device makes of it. */
export async function makeProbe(image: Tensor, backbone: Session, head: Session): Promise<Uint8Array> {
  const outputs = await head.run(await backbone.run({ image }));
  return writeSafetensors(new Map(Object.entries({ image, ...outputs })));
}

export type CalibrationPart = Pick<BundleManifest, 'calibration' | 'thresholds' | 'probe'>;

/** Default share of good images that may be called bad, where there are enough images to vouch for it. */
const FALSE_ALARM_RATE = 0.01;

/**
 * Thresholds and tolerances from the scores of good images.
 * @param peaks the highest value of each map, where that is not the score
 */
export function calibrationPart(
  scores: readonly number[],
  images: BundleManifest['calibration']['images'],
  peaks?: readonly number[],
): CalibrationPart {
  const score = calibrate(scores);
  const map = peaks && calibrate(peaks);
  // Below 1 / (n + 1) a rate rests on the shape of the tail alone, and a threshold far beyond all scores finds nothing.
  const falseAlarmRate = Math.max(FALSE_ALARM_RATE, 1 / (scores.length + 1));
  const mean = scores.reduce((sum, value) => sum + value, 0) / scores.length;
  const variance =
    scores.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, scores.length - 1);
  // Identical images have no spread; the resolution of float32 is then all there is to measure by.
  const scoreSpread = Math.max(Math.sqrt(variance), Math.abs(mean) * 1e-6, 1e-9);
  return {
    calibration: { score, ...(map && { map }), images, scoreSpread },
    thresholds: {
      falseAlarmRate,
      score: thresholdForFalseAlarmRate(score, falseAlarmRate),
      ...(map && { pixel: thresholdForFalseAlarmRate(map, falseAlarmRate) }),
      f1: null,
      pixelF1: null,
    },
    probe: { absoluteTolerance: 1e-3 * scoreSpread, relativeTolerance: 1e-4 },
  };
}

/** Scores of good images in batches, as the detector will give them. */
export async function calibrationScores(
  scorer: Scorer,
  batches: AsyncIterable<RgbImage[]>,
): Promise<number[]> {
  const scores: number[] = [];
  for await (const images of batches)
    scores.push(...(await scorer.score(images)).map(({ score }: RawScore) => score));
  return scores;
}

/** Adds the report, and the manifest that lists all files with size and hash. */
export async function completeBundle(
  files: Map<string, Uint8Array>,
  manifest: BundleManifest,
  report: string,
): Promise<void> {
  files.set(BUNDLE_FILES.report, new TextEncoder().encode(report));
  manifest.files = {};
  for (const [name, bytes] of files)
    manifest.files[name] = { sha256: await sha256Hex(bytes), bytes: bytes.length };
  files.set(BUNDLE_FILES.manifest, await manifestBytes(manifest));
}
