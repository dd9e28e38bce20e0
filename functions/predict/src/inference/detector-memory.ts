import { BUNDLE_FILES, type BundleManifest } from '@cflow/spec';

/** Estimated bytes of one lane of a detector. Detectors of one backbone share it. */
export interface DetectorMemory {
  headBytes: number;
  backboneBytes: number;
}

/**
 * Resident bytes for each byte of weights and lane: weights are copied into the layout that the kernels want, and
 * results in between need room. Measured: two lanes that opened a MobileNetV2 detector of 23 MB took 190 MB more.
 */
const BYTES_PER_WEIGHT_BYTE = 4;

/** @param bytesPerWeightByte For each byte of weights as they are computed with, in float32 */
export function detectorMemory(
  { files, precision }: Pick<BundleManifest, 'files' | 'precision'>,
  bytesPerWeightByte: number = BYTES_PER_WEIGHT_BYTE,
): DetectorMemory {
  // Weights stored in float16 are computed with in float32.
  const factor = bytesPerWeightByte * (precision === 'float16' ? 2 : 1);
  const bytes = (file: string): number => factor * (files[file]?.bytes ?? 0);
  return { headBytes: bytes(BUNDLE_FILES.decoders), backboneBytes: bytes(BUNDLE_FILES.backboneWeights) };
}
