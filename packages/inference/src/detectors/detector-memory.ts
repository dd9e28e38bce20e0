import { BUNDLE_FILES, type BundleManifest } from '@cflow/spec';

/** Estimated bytes of one lane of a detector. Detectors of one backbone share it. */
export interface DetectorMemory {
  headBytes: number;
  backboneBytes: number;
}

/** The memory of a device that has its own. */
export interface DeviceMemory {
  totalBytes: number;
  freeBytes: number;
}

/** Share of a card's memory that detectors may take; CUDA itself and running batches need the rest. */
const SHARE_OF_CARD = 0.85;

/** Bytes that detectors may take of a card on which they already take this many: other programs may be using it, too. */
export function cardBudget({ totalBytes, freeBytes }: DeviceMemory, taken: number): number {
  return SHARE_OF_CARD * Math.min(totalBytes, taken + freeBytes);
}

/**
 * Resident bytes for each byte of weights and lane: weights are copied into the layout that the kernels want, and
 * intermediate results need room. Measured: two lanes that opened a MobileNetV2 detector of 23 MB took 190 MB more.
 */
const BYTES_PER_WEIGHT_BYTE = 4;

/**
 * Bytes of memory that a detector takes once it is open, by the sizes of its files of weights.
 * @param bytesPerWeightByte For each byte of weights as they are computed with, in float32
 */
export function detectorMemory(
  { files, precision }: Pick<BundleManifest, 'files' | 'precision'>,
  bytesPerWeightByte: number = BYTES_PER_WEIGHT_BYTE,
): DetectorMemory {
  // Weights stored in float16 are computed with in float32.
  const factor = bytesPerWeightByte * (precision === 'float16' ? 2 : 1);
  const bytes = (file: string): number => factor * (files[file]?.bytes ?? 0);
  return { headBytes: bytes(BUNDLE_FILES.decoders), backboneBytes: bytes(BUNDLE_FILES.backboneWeights) };
}
